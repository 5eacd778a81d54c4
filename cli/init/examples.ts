import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { closest } from '../../lib/plan/closest.ts';
import { CliError } from '../errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

export interface ExampleFile {
  path: string;
  content: Buffer;
}

/** The files of an example that comes with Sluice; a {@link CliError} that names those there are when it is not one. */
export async function exampleFiles(name: string): Promise<ExampleFile[]> {
  const root = join(PACKAGE_ROOT, 'examples');
  const names = (await readdir(root, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
  if (!names.includes(name)) {
    const guess = closest(name, names);
    throw new CliError(`There is no example '${name}'; there are: ${names.join(', ')}.`, {
      next: guess ? `Did you mean --example ${guess}?` : undefined,
    });
  }
  const folder = join(root, name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return Promise.all(
    paths.map(async (path) => ({ path: relative(folder, path), content: await readFile(path) })),
  );
}
