import { HostError } from '../../app/errors.ts';

/** The disk takes no writes at the moment; nothing of the transaction is kept. */
export class DiskTrouble extends HostError {}

// Primary result codes of SQLite; the extended ones carry them in their lowest byte.
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

/** The error as DiskTrouble when that is what it is, else unchanged. */
export function asDiskTrouble(error: unknown, path: string | null): unknown {
  const { errcode, errstr } = error as { errcode?: number; errstr?: string };
  const code = (errcode ?? 0) & 0xff;
  if (code === SQLITE_FULL) {
    const text = `The disk is full: cannot write ${path}. Free some space; nothing that was written is lost.`;
    return new DiskTrouble(text, { cause: error });
  }
  if (code !== SQLITE_IOERR) return error;
  const text = `Cannot write ${path}: ${errstr}. Check its disk; nothing that was written is lost.`;
  return new DiskTrouble(text, { cause: error });
}
