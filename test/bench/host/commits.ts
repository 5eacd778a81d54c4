import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryDirectory } from '../../local/host/support/running-host.ts';

const COMMITS = 20_000;

/** Commits a second of one row of 200 bytes each, on the disk where the bench keeps its data. */
export function commitsPerSecond(): { normal: number; full: number } {
  return { normal: measure('NORMAL'), full: measure('FULL') };
}

function measure(synchronous: string): number {
  const data = temporaryDirectory();
  const db = new DatabaseSync(join(data.path, 'commits.sqlite'));
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};
      CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)`);
    const add = db.prepare('INSERT INTO rows (text) VALUES (?)');
    const text = 'x'.repeat(200);
    const began = performance.now();
    for (let commit = 0; commit < COMMITS; commit += 1) add.run(text);
    return COMMITS / ((performance.now() - began) / 1000);
  } finally {
    db.close();
    data.remove();
  }
}
