import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** The folder of our package.json, whether this runs from source or from dist. */
export const PACKAGE_ROOT = rootAbove(import.meta.dirname);

/** Whether this runs from source (a clone) and not from what was built. */
export const FROM_SOURCE = import.meta.filename.endsWith('.ts');

/** How a person types our name: within a clone npx finds it, elsewhere it was put on the PATH. */
export const COMMAND = FROM_SOURCE && isBelow(PACKAGE_ROOT) ? 'npx sluice' : 'sluice';

/** Where the local stack keeps everything unless it is told otherwise; below the current directory. */
export const DEFAULT_DATA_DIR = '.sluice';

export const VERSION = manifest(PACKAGE_ROOT)?.version ?? '';

function isBelow(folder: string): boolean {
  const cwd = process.cwd();
  return cwd === folder || cwd.startsWith(folder + sep);
}

function rootAbove(folder: string): string {
  if (manifest(folder)?.name === 'sluice') return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json of sluice above ${import.meta.dirname}`);
  return rootAbove(parent);
}

function manifest(folder: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string };
  } catch {
    return null;
  }
}
