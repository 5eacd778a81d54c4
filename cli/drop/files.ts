import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { CliError, codeOf } from '../errors.ts';
import type { LocalFile } from './names.ts';

/** The files that `paths` name, folders with everything below them, each file once; in order of their names. */
export async function collectFiles(
  paths: readonly string[],
  cwd = process.cwd(),
): Promise<LocalFile[]> {
  const found = new Map<string, LocalFile>();
  for (const path of paths) {
    for (const file of await filesAt(path, cwd)) {
      if (!found.has(file.path)) found.set(file.path, file);
    }
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesAt(path: string, cwd: string): Promise<LocalFile[]> {
  const root = resolve(cwd, path);
  const info = await stat(root).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw new CliError(`There is no file or folder ${path}.`);
    throw new CliError(`Could not look at ${path}: ${codeOf(error) ?? String(error)}.`, {
      cause: error,
    });
  });
  if (info.isFile()) return [describe(root, basename(root), info.size, cwd)];
  if (!info.isDirectory()) throw new CliError(`${path} is neither a file nor a folder.`);
  return filesBelow(root, cwd);
}

/** Links to files are followed, links to folders are not: they may lead in circles. */
async function filesBelow(root: string, cwd: string): Promise<LocalFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files: LocalFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const info = await stat(path).catch(() => null);
    if (info?.isFile()) files.push(describe(path, relative(root, path), info.size, cwd));
  }
  return files;
}

function describe(path: string, within: string, size: number, cwd: string): LocalFile {
  const fromHere = relative(cwd, path);
  const below = fromHere !== '..' && !fromHere.startsWith(`..${sep}`);
  return { path, relative: below ? slashes(fromHere) : null, within: slashes(within), size };
}

function slashes(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
