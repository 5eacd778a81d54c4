import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from './failure.ts';

/** What must fit on the disk before the emulator goes on after it was full: enough not to be full again at once. */
const roomBytes = 1024 * 1024;

/** Throws StorageError unless some room is left on the disk of a data directory. */
export function proveRoom(dataDir: string): void {
  const file = join(dataDir, 'room');
  try {
    writeFileSync(file, Buffer.alloc(roomBytes));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      `The disk of the data directory is full (${dataDir}: ${text}). Make room there; the emulator goes on by itself once there is some.`,
      { cause: error },
    );
  } finally {
    rmSync(file, { force: true });
  }
}
