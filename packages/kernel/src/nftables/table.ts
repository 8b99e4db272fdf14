export type TableFamily = "inet" | "arp" | "ip" | "ip6";

export interface TableName {
  readonly family: TableFamily;
  readonly table: string;
}

/** `NFPROTO_*`. */
export const familyNumber: Readonly<Record<TableFamily, number>> = { inet: 1, ip: 2, arp: 3, ip6: 10 };

/** NFNL_SUBSYS_NFTABLES, the upper byte of the type of every nftables message. */
export const subsystemNftables = 10;
