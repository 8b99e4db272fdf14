import type { Endpoint, IpAddress } from "./address.js";
import type { Millis } from "./duration.js";

export type Mode = "nat" | "snat";
export type Scheduler = "roundRobin" | "random" | "sourceHash";

/** How an answer's body must look: it contains the text, or it matches the regular expression. */
export type BodyMatch = { readonly contains: string } | { readonly matches: string };

export interface TcpCheck {
  readonly type: "tcp";
  /** Another port than the server's own. */
  readonly port: number | undefined;
}

export interface HttpCheck {
  readonly type: "http" | "https";
  readonly port: number | undefined;
  readonly method: "GET" | "HEAD";
  readonly path: string;
  /** Status codes that count as healthy. */
  readonly status: readonly number[];
  readonly body: BodyMatch | undefined;
  /** The Host header; the server's address when left out. */
  readonly host: string | undefined;
  /** https: the name sent as SNI and, with `verify`, the name the certificate must carry. */
  readonly sni: string | undefined;
  /** https: whether the certificate must be valid. */
  readonly verify: boolean;
}

export type HealthCheck = TcpCheck | HttpCheck;

export interface Server {
  readonly name: string;
  readonly address: Endpoint;
  /** 0 to 255; 0 gets no new connections. */
  readonly weight: number;
  readonly maxConnections: number | undefined;
}

export interface Persistence {
  /** Length of the client prefix that sticks together. */
  readonly prefix: number;
  /** How long a client is remembered after its last connection began. */
  readonly timeout: Millis;
  /** The most clients that are remembered at once. */
  readonly clients: number;
}

/** A service that balances connections to real servers. */
export interface BalancedService {
  readonly kind: "balanced";
  readonly name: string;
  readonly listen: Endpoint;
  readonly mode: Mode;
  readonly scheduler: Scheduler;
  readonly persistence: Persistence | undefined;
  /** All must pass; none means always up. */
  readonly health: readonly HealthCheck[];
  readonly interval: Millis;
  readonly timeout: Millis;
  /** Successes in a row that bring a server up. */
  readonly rise: number;
  /** Failures in a row that take a server down. */
  readonly fall: number;
  readonly servers: readonly Server[];
  /** Gets the traffic when no server is up. */
  readonly sorry: Endpoint | undefined;
}

/** A service that answers every request with a redirection to https. */
export interface RedirectService {
  readonly kind: "redirect";
  readonly name: string;
  readonly listen: Endpoint;
  readonly redirect: "https";
}

export type Service = BalancedService | RedirectService;

/** `service/server`, as the admin command names a server. */
export const serverKey = (service: string, server: string): string => `${service}/${server}`;

/** The source address that one-arm services use towards their servers: the address they listen on. */
export const floatingSource = (service: BalancedService): IpAddress => service.listen.address;
