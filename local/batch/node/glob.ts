import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file pattern of an output file, variables expanded, split into what is fixed and what is not. */
export interface FilePattern {
  /** Absolute directory before the first wildcard, or the one of the file. */
  base: string;
  /** Segments below it. */
  segments: string[];
  wildcard: boolean;
}

/** Expands `$NAME` and `${NAME}` (to nothing when unknown) and makes the pattern absolute. */
export function readPattern(
  pattern: string,
  environment: Readonly<Record<string, string>>,
  working: string,
): FilePattern {
  const expanded = pattern.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) =>
    // A variable's value is no pattern.
    (environment[braced ?? bare ?? ''] ?? '').replace(/[*?[]/g, '[$&]'),
  );
  const start = expanded.startsWith('/') ? '/' : working;
  const segments = expanded.split('/').filter((segment) => segment !== '' && segment !== '.');
  const first = segments.findIndex(isWild);
  const fixed = first < 0 ? segments.length - 1 : first;
  return {
    base: join(start, ...segments.slice(0, fixed).map(unescape)),
    segments: segments.slice(fixed),
    wildcard: first >= 0,
  };
}

/** The regular files that a pattern means, sorted; names with a leading dot only where the pattern spells the dot. */
export async function findFiles({ base, segments }: FilePattern): Promise<string[]> {
  const found = new Set<string>();
  await walk(base, segments, found);
  return [...found].toSorted();
}

function isWild(segment: string): boolean {
  // One character in brackets is only that character, which is how a wildcard is escaped.
  return /[*?]|\[(?!.\])/s.test(segment.replace(/\[[^!]\]/gs, '.'));
}

function unescape(segment: string): string {
  return segment.replace(/\[([^!])\]/gs, '$1');
}

async function walk(
  directory: string,
  segments: readonly string[],
  found: Set<string>,
): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === '**') return walkAll(directory, rest.length === 0 ? ['*'] : rest, found);
  for (const name of await namesMatching(directory, segment)) {
    const path = join(directory, name);
    if (rest.length > 0) await walk(path, rest, found);
    else if (await isFile(path)) found.add(path);
  }
}

async function walkAll(
  directory: string,
  rest: readonly string[],
  found: Set<string>,
): Promise<void> {
  await walk(directory, rest, found);
  for (const entry of await entriesOf(directory)) {
    // Symbolic links are not followed: they may lead in circles.
    if (entry.isDirectory() && !entry.name.startsWith('.')) {
      await walkAll(join(directory, entry.name), rest, found);
    }
  }
}

async function namesMatching(directory: string, segment: string): Promise<string[]> {
  if (!isWild(segment)) return [unescape(segment)];
  const pattern = segmentPattern(segment);
  return (await entriesOf(directory))
    .map((entry) => entry.name)
    .filter((name) => pattern.test(name));
}

function segmentPattern(segment: string): RegExp {
  const source = segment.replace(
    /\[(!?)((?:\]|[^\]])[^\]]*)\]|([*]+)|(\?)|[\s\S]/gu,
    (text, ...groups: (string | undefined)[]) => {
      const [negation, set, stars, mark] = groups;
      if (set !== undefined) {
        return `[${negation === '' ? '' : '^'}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
      }
      if (stars !== undefined) return '.*';
      return mark === undefined ? text.replace(/[\\^$.|+(){}[\]/-]/g, '\\$&') : '.';
    },
  );
  const dot = segment.startsWith('.') || segment.startsWith('[.]') ? '' : '(?!\\.)';
  return new RegExp(`^${dot}${source}$`, 'su');
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code))
  );
}

/** The name of a file relative to a pattern's fixed directory. */
export function relativeName(pattern: FilePattern, file: string): string {
  const prefix = pattern.base.endsWith('/') ? pattern.base : `${pattern.base}/`;
  return file.startsWith(prefix) ? file.slice(prefix.length) : file.slice(dirname(file).length + 1);
}
