/** The data directory can no longer be written: what was accepted is on disk, and nothing more is accepted until it can. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** Says in a user's words why SQLite could not work in a data directory. */
export function storageError(dataDir: string, error: unknown): StorageError {
  const reason = reasons[codeOf(error) & 0xff];
  const text = error instanceof Error ? error.message : String(error);
  const message =
    reason === undefined
      ? `The store in ${dataDir} failed: ${text}.`
      : `${reason[0]} (${dataDir}: ${text}). ${reason[1]}`;
  return new StorageError(message, { cause: error });
}

// Primary result codes of sqlite.org/rescode.html.
const reasons: Record<number, readonly [string, string]> = {
  8: [
    'The data directory cannot be written',
    'Give this user the right to write there, or another data directory.',
  ],
  10: [
    'The disk of the data directory failed to read or write',
    'Look whether it is full or broken; the emulator goes on by itself once it works.',
  ],
  11: [
    'The database in the data directory is damaged',
    'Move the directory away and start with an empty one.',
  ],
  13: [
    'The disk of the data directory is full',
    'Make room there; the emulator goes on by itself once there is some.',
  ],
  14: [
    'The database in the data directory cannot be opened',
    'Give a directory that this user may write to.',
  ],
  26: [
    'The file batch.sqlite in the data directory is no database',
    'Move it away, or give another data directory.',
  ],
};

/** Whether the disk or the file is to blame, not what was asked. */
export function isStorageFailure(error: unknown): boolean {
  return reasons[codeOf(error) & 0xff] !== undefined;
}

/** Whether another process has the database. */
export function isLocked(error: unknown): boolean {
  return [5, 6].includes(codeOf(error) & 0xff);
}

function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
}
