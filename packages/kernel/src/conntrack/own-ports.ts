/**
 * Netlink port ids through which this process inserts and removes connections. {@link watchFlows} leaves out what they
 * do: only what others, and the traffic, do is news.
 */
export const ownPorts = new Set<number>();
