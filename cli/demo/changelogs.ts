import { constants } from 'node:fs';
import { access, glob, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { NamedFile } from '../drop/names.ts';
import { shownPath } from '../terminal/text.ts';

/** The gzip files that the demo works on, and where they came from. */
export interface Changelogs {
  files: NamedFile[];
  /** Files that were there but could not be read. */
  skipped: number;
  /** Such as "of this machine". */
  origin: string;
}

/** Every changelog that Debian's packages left below `docs`; the example's own samples where there are none. */
export async function collectChangelogs(docs: string, samples: string): Promise<Changelogs> {
  const found = await gzipFiles(docs, '**/changelog*.gz');
  if (found.files.length > 0) return { ...found, origin: `from ${docs}` };
  return { ...(await gzipFiles(samples, '*.gz')), origin: `from ${shownPath(samples)}` };
}

/** Readable files below `folder`; each is named after its own path, so that no two share a name. */
async function gzipFiles(folder: string, pattern: string) {
  const files: NamedFile[] = [];
  let skipped = 0;
  for await (const name of glob(pattern, { cwd: folder })) {
    const path = join(folder, name);
    const size = await readableSize(path);
    if (size === null) skipped++;
    else files.push({ path, name: `logs/${relative(folder, path)}`, size });
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files, skipped };
}

/** Bytes of a regular file that can be read; null for anything else, such as a link to nowhere. */
async function readableSize(path: string): Promise<number | null> {
  try {
    await access(path, constants.R_OK);
    const info = await stat(path);
    return info.isFile() ? info.size : null;
  } catch {
    return null;
  }
}
