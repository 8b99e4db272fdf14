/** `00:00:5e:00:01:33`. */
export const formatMac = (mac: Buffer): string => mac.toString("hex").replace(/..(?=.)/g, "$&:");

/** @param mac as {@link formatMac} writes it */
export const parseMac = (mac: string): Buffer => Buffer.from(mac.replaceAll(":", ""), "hex");
