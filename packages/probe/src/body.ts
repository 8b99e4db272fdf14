import type { IncomingMessage } from "node:http";

const limitBytes = 64 * 1_024;

/** The first 64 KiB of a body as UTF-8; `undefined` when the connection broke before the end. */
export function readBody(response: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = () => resolve(Buffer.concat(chunks).subarray(0, limitBytes).toString("utf8"));
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limitBytes) finish();
    });
    response.on("end", finish);
    response.on("close", () => resolve(undefined));
  });
}
