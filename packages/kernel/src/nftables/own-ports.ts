/**
 * Netlink port ids through which this process changes nftables. {@link watchTables} ignores what they do: only what
 * others do is news.
 */
export const ownPorts = new Set<number>();
