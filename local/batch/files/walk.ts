import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file or directory within a place. */
export interface Entry {
  /** Relative to the place, with slashes. */
  name: string;
  stats: Stats;
}

/** Everything in a directory, with `recursive` also below it; what vanishes meanwhile is left out. */
export async function walk(
  directory: string,
  { recursive, prefix = '' }: { recursive: boolean; prefix?: string },
): Promise<Entry[]> {
  const names = await readdir(join(directory, prefix)).catch(absent);
  const found: Entry[] = [];
  for (const name of names ?? []) {
    const entry = await read(directory, prefix === '' ? name : `${prefix}/${name}`);
    if (entry === undefined) continue;
    found.push(entry);
    if (recursive && entry.stats.isDirectory()) {
      found.push(...(await walk(directory, { recursive, prefix: entry.name })));
    }
  }
  return found;
}

async function read(directory: string, name: string): Promise<Entry | undefined> {
  const path = join(directory, name);
  const own = await lstat(path).catch(absent);
  if (own === undefined) return undefined;
  if (!own.isSymbolicLink()) return { name, stats: own };
  // A link to a directory is not followed: it may lead to itself.
  const target = await stat(path).catch(absent);
  return target?.isFile() === true ? { name, stats: target } : undefined;
}

function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
  throw error;
}
