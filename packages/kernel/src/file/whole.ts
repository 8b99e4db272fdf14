import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";

/**
 * Writes a file, for its owner alone, that is on the disk as a whole or as it was before, whenever the power fails.
 * @throws Error when the file system refuses
 */
export function writeWhole(file: string, text: string): void {
  const aside = `${file}.tmp`;
  const fd = openSync(aside, "w", 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, file);
}
