import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { openDirectories } from "../topology/topology.js";

/**
 * Keeps what the nodes of all open topologies have written, logs and recordings, before these go; says where on standard
 * error. Secrets stay behind.
 */
export function keepEvidence(of: string): void {
  const directories = openDirectories();
  if (directories.length === 0) return;
  const kept = mkdtempSync(join(tmpdir(), `vipair-failed-${of.replace(/\W+/g, "-").slice(0, 60)}-`));
  for (const directory of directories) {
    const filter = (source: string): boolean => !/\.(key|sock)$/.test(source);
    cpSync(directory, join(kept, basename(directory)), { recursive: true, filter });
  }
  console.error(
    `logs and recordings of the failed run: ${kept}\n  npm run replay -- ${kept}/*/*.recordings/agent.jsonl`,
  );
}
