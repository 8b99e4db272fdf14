import { type IpAddress, millisOf, parseAddress } from "@vipair/model";
import { describe, expect, it } from "vitest";
import type { RouterLink } from "./link.js";
import { encodeAdvertisement } from "./packet/encode.js";
import { vrrpGroups } from "./packet/layout.js";
import { receiveAdvertisement } from "./reception.js";

const address = (text: string): IpAddress => parseAddress(text) as IpAddress;
const [own, peer, stranger] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(address) as [IpAddress, IpAddress, IpAddress];
const addresses = [address("198.51.100.10")];
const multicast: RouterLink = {
  name: "eth0 IPv4",
  family: 4,
  interface: "eth0",
  destination: vrrpGroups[4],
  local: undefined,
  mac: undefined,
  addresses,
};
const unicast: RouterLink = { ...multicast, name: "unicast IPv4", interface: undefined, destination: peer, local: own };

function receive(link: RouterLink, source: IpAddress, destination: IpAddress, local: IpAddress | undefined = own) {
  const advertisement = { routerId: 51, priority: 100, interval: millisOf(100), addresses };
  const payload = encodeAdvertisement(advertisement, { source, destination }, "message");
  const result = receiveAdvertisement(link, { source, destination, hops: 255, payload }, local, 51);
  return result.ok ? result.advertisement.priority : result.error;
}

describe("a multicast link", () => {
  it("takes what comes to its group, from anybody but this node", () => {
    expect(receive(multicast, peer, vrrpGroups[4])).toBe(100);
    expect(receive(multicast, stranger, vrrpGroups[4], undefined)).toBe(100);
    expect(receive(multicast, own, vrrpGroups[4])).toBe("reflected");
    expect(receive(multicast, peer, own)).toBe("wrongDestination");
  });
});

describe("a unicast link", () => {
  it("takes what comes from the peer to this node", () => {
    expect(receive(unicast, peer, own)).toBe(100);
    expect(receive(unicast, stranger, own)).toBe("wrongSender");
    expect(receive(unicast, peer, vrrpGroups[4])).toBe("wrongDestination");
    expect(receive(unicast, own, own)).toBe("reflected");
  });
});
