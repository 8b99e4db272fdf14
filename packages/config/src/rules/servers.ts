import { formatHostPort } from "@vipair/model";
import type { Draft, ServiceDraft } from "../draft.js";
import type { Path } from "../problem.js";
import type { PeerEndpoint } from "../schema/scalar.js";
import type { Complain, Rule } from "./rule.js";

/** The schedulers spread connections over a map of this many slots. */
export const maxTotalWeight = 4096;

/** Servers can take what the service sends them, each is there once, and together they have some weight. */
export const checkServers: Rule = (draft, complain) => {
  const virtual = virtualAddresses(draft);
  for (const service of draft.services) {
    checkWeights(service, complain);
    checkDuplicates(service, complain);
    for (const { path, address } of service.servers) {
      checkTarget(service, [...path, "address"], address, virtual, complain);
    }
    checkTarget(service, [...service.path, "sorry"], service.sorry, virtual, complain);
  }
};

function virtualAddresses({ addresses, services }: Draft): ReadonlySet<string> {
  const texts = [...addresses.map(({ meant }) => meant?.text), ...services.map(({ listen }) => listen?.address.text)];
  return new Set(texts.filter((text) => text !== undefined));
}

function checkWeights({ path, servers }: ServiceDraft, complain: Complain): void {
  if (servers.length === 0) return;
  const at = [...path, "servers"];
  const total = servers.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  if (total > maxTotalWeight) complain(at, `the weights add up to ${total}, more than ${maxTotalWeight}`, "collection");
  if (servers.every(({ weight }) => weight === 0))
    complain(at, "every server has weight 0; one must have more", "collection");
}

function checkDuplicates({ servers }: ServiceDraft, complain: Complain): void {
  const seen = new Map<string, string>();
  for (const { name, path, address } of servers) {
    if (address === undefined) continue;
    const text = formatHostPort(address.endpoint);
    const other = seen.get(text);
    if (other === undefined) seen.set(text, name);
    else complain([...path, "address"], `${text} is already the address of the server ${other}`);
  }
}

function checkTarget(
  { listen }: ServiceDraft,
  path: Path,
  target: PeerEndpoint | undefined,
  virtual: ReadonlySet<string>,
  complain: Complain,
): void {
  if (target === undefined) return;
  const { address, port, protocol } = target.endpoint;
  if (listen !== undefined && address.family !== listen.address.family) {
    complain(path, `the service listens on IPv${listen.address.family}, and this is IPv${address.family}`);
  }
  if (listen !== undefined && target.protocolWritten && protocol !== listen.protocol) {
    complain(path, `the service is ${listen.protocol}, and this is ${protocol}`);
  }
  if (listen !== undefined && address.text === listen.address.text && port === listen.port) {
    complain(path, "this is the address that the service itself listens on");
  } else if (virtual.has(address.text)) {
    complain(path, `${address.text} is a virtual address of the pair; a server needs one of its own`);
  }
}
