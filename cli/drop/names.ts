import { matcher } from '../../lib/plan/drop.ts';
import picomatch from 'picomatch';

/** A file to upload: `path` opens it; the others are its possible blob names, with forward slashes. */
export interface LocalFile {
  path: string;
  /** Relative to the current directory; null when the file is not below it. */
  relative: string | null;
  /** Relative to the folder that was named, or the base name of a file that was named itself. */
  within: string;
  size: number;
}

export interface NamedFile {
  path: string;
  name: string;
  size: number;
}

export interface Naming {
  named: NamedFile[];
  /** Files for which no name matches. */
  unmatched: LocalFile[];
  /** Files that would overwrite one another. */
  clashes: { name: string; paths: string[] }[];
}

/** Gives each file the first blob name that the pipeline's globs match; a file that matches already keeps its name. */
export function nameDrops(files: readonly LocalFile[], globs: readonly string[]): Naming {
  const isMatch = matcher([...globs]);
  const prefixes = globs.map(staticPrefix);
  const naming: Naming = { named: [], unmatched: [], clashes: [] };
  for (const file of files) {
    const name = candidates(file, prefixes).find(isMatch);
    if (name === undefined) naming.unmatched.push(file);
    else naming.named.push({ path: file.path, name, size: file.size });
  }
  naming.clashes = clashesOf(naming.named);
  return naming;
}

/** The folders that a glob begins with, before anything variable: `logs/` of `logs/**` and of `logs/a*.gz`. */
export function staticPrefix(glob: string): string {
  const { base, isGlob } = picomatch.scan(glob);
  const folder = isGlob ? base : base.split('/').slice(0, -1).join('/');
  return folder === '' ? '' : `${folder}/`;
}

function candidates({ relative, within }: LocalFile, prefixes: string[]): string[] {
  const names = [within, ...prefixes.map((prefix) => prefix + within)];
  return relative === null ? names : [relative, ...names];
}

function clashesOf(named: readonly NamedFile[]): Naming['clashes'] {
  const paths = new Map<string, string[]>();
  for (const { name, path } of named) paths.set(name, [...(paths.get(name) ?? []), path]);
  return [...paths]
    .filter(([, all]) => all.length > 1)
    .map(([name, all]) => ({ name, paths: all }));
}
