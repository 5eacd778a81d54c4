import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/** Takes a data folder for this process alone; throws an Error that names the folder when another stack has it. */
export function lockFolder(dataDir: string): { release(): void } {
  // SQLite's lock is the kernel's own: it ends with the process, however that ends.
  const db = new DatabaseSync(`${dataDir}/stack.lock`);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new Error(
      `A stack is already running on ${dataDir}. Use that one, stop it, or start on another data folder.`,
      { cause: error },
    );
  }
  return {
    release() {
      if (db.isOpen) db.close();
    },
  };
}

/** Whether a stack is running on a data folder. */
export function isLocked(dataDir: string): boolean {
  try {
    lockFolder(dataDir).release();
    return false;
  } catch {
    return true;
  }
}
