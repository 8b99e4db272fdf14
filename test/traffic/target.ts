import { ports, virtualAddress, virtualAddress6 } from "../topology/plan.js";

/** Where a client's traffic goes: one address with the services of `server-program.ts`. */
export interface Target {
  readonly address: string;
  readonly httpPort: number;
  /** TCP and UDP. */
  readonly echoPort: number;
  readonly streamPort: number;
}

export const targetNames = ["nat", "snat", "nat6", "snat6"] as const;
export type TargetName = (typeof targetNames)[number];

const own = { httpPort: ports.http, echoPort: ports.echo, streamPort: ports.stream };
const snat = { httpPort: ports.snat.http, echoPort: ports.snat.echo, streamPort: ports.snat.stream };

/** The services in both modes, over IPv4 and IPv6. */
export const targets: Readonly<Record<TargetName, Target>> = {
  nat: { address: virtualAddress, ...own },
  snat: { address: virtualAddress, ...snat },
  nat6: { address: virtualAddress6, ...own },
  snat6: { address: virtualAddress6, ...snat },
};
