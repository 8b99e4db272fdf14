const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  EADDRNOTAVAIL: "no local address or port to connect from",
  EACCES: "not permitted to connect",
  EPERM: "not permitted to connect",
  EMFILE: "too many open files on this node",
  ENFILE: "too many open files on this node",
};

const certificateCodes =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|CRL_)/;

/**
 * An error of a connection in the words of the status report.
 *
 * @param phase what the probe was doing: `connecting`, `waiting for the answer`.
 */
export function describeError(error: Error & { readonly code?: string }, phase: string): string {
  const code = error.code ?? "";
  const known = words[code];
  if (known !== undefined) return known;
  if (error.message === "socket hang up") return `connection closed while ${phase}`;
  if (code === "ECONNRESET" || code === "EPIPE") return `connection reset while ${phase}`;
  if (code === "ETIMEDOUT") return `no answer from the network while ${phase}`;
  if (certificateCodes.test(code)) return `certificate: ${error.message}`;
  if (code.startsWith("HPE_")) return `not an http answer: ${error.message.replace(/^Parse Error: /, "")}`;
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return `tls: ${tlsReason(error)}`;
  return `${error.message} while ${phase}`;
}

/** The part for people of OpenSSL's `error:0A00010B:SSL routines:ssl3_get_record:wrong version number:…`. */
function tlsReason(error: Error): string {
  return /:SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1] ?? error.message.trim();
}
