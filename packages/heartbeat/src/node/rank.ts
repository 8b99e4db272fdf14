import { compareAddresses, type IpAddress } from "@vipair/model";

export interface Ranked {
  readonly priority: number;
  /** The primary one, by which the others know it. */
  readonly address: IpAddress;
}

/** RFC 9568 § 6.4.3: the greater priority prevails, then the greater primary address, compared as unsigned integers. */
export const ranksBefore = (one: Ranked, other: Ranked): boolean =>
  one.priority === other.priority ? compareAddresses(one.address, other.address) > 0 : one.priority > other.priority;
