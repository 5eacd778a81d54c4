import { closeSync, openSync, writeSync } from 'node:fs';

/** A file whose text is replaced again and again. */
export interface ScriptFile {
  write(text: string): void;
  close(): void;
}

/**
 * Opens a file of shell text, readable by this user only. It is never truncated, which on ext4 waits for the disk
 * (3 ms, measured); what is left of a longer text is overwritten with line breaks.
 */
export function createScriptFile(path: string): ScriptFile {
  const descriptor = openSync(path, 'w', 0o600);
  let longest = 0;
  let open = true;
  return {
    write(text) {
      const bytes = Buffer.from(text);
      const padded = Buffer.alloc(Math.max(longest, bytes.length), '\n');
      bytes.copy(padded);
      for (let at = 0; at < padded.length;) {
        at += writeSync(descriptor, padded, at, padded.length - at, at);
      }
      longest = padded.length;
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
