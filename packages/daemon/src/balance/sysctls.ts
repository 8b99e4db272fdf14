import { type Config, interfacesOf, virtualDevices } from "@vipair/model";

/** The kernel settings that balancing needs; the values before are put back at the end. */
export function wantedSysctls({ pair, addresses, services }: Config): Record<string, string> {
  const ipv6 = [...addresses.map(({ prefix }) => prefix.address), ...services.map(({ listen }) => listen.address)];
  const wanted: Record<string, string> = {
    "net.ipv4.ip_forward": "1",
    // Windows of connections that came from the peer's kernel are not known: out-of-window segments must pass.
    "net.netfilter.nf_conntrack_tcp_be_liberal": "1",
    // Connections that begin while nobody listens must still say when they change (2, the default, lets them be silent).
    "net.netfilter.nf_conntrack_events": "1",
    // A server that is told a better way would go around the balancer, and its answers would not be translated.
    "net.ipv4.conf.all.send_redirects": "0",
  };
  for (const name of interfacesOf(addresses)) wanted[`net/ipv4/conf/${name}/send_redirects`] = "0";
  for (const { parent } of virtualDevices(pair, addresses)) {
    // The interface below shall neither answer for the addresses of the virtual router, nor ask in their name: its own MAC
    // address would be in the answer and in the question.
    wanted[`net/ipv4/conf/${parent}/arp_ignore`] = "1";
    wanted[`net/ipv4/conf/${parent}/arp_announce`] = "2";
  }
  if (ipv6.some(({ family }) => family === 6)) wanted["net.ipv6.conf.all.forwarding"] = "1";
  return wanted;
}
