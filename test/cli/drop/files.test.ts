import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectFiles } from '../../../cli/drop/files.ts';
import { CliError } from '../../../cli/errors.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  await mkdir(join(dir, 'logs', 'deep'), { recursive: true });
  await writeFile(join(dir, 'logs', 'a.gz'), 'a');
  await writeFile(join(dir, 'logs', 'deep', '.hidden.gz'), 'bb');
  await symlink(join(dir, 'logs', 'a.gz'), join(dir, 'logs', 'link.gz'));
  await symlink(join(dir, 'logs'), join(dir, 'logs', 'deep', 'circle'));
  await symlink('/nowhere', join(dir, 'logs', 'dangling.gz'));
});
afterAll(() => rm(dir, { recursive: true }));

test('a folder gives everything below it, links to files too, links to folders not', async () => {
  const files = await collectFiles(['logs'], dir);
  expect(files).toEqual([
    { path: join(dir, 'logs/a.gz'), relative: 'logs/a.gz', within: 'a.gz', size: 1 },
    {
      path: join(dir, 'logs/deep/.hidden.gz'),
      relative: 'logs/deep/.hidden.gz',
      within: 'deep/.hidden.gz',
      size: 2,
    },
    { path: join(dir, 'logs/link.gz'), relative: 'logs/link.gz', within: 'link.gz', size: 1 },
  ]);
});

test('a file from outside the current directory has no relative name', async () => {
  const [file] = await collectFiles([join(dir, 'logs', 'a.gz')], join(dir, 'logs', 'deep'));
  expect(file).toMatchObject({ relative: null, within: 'a.gz' });
});

test('what is named twice comes once', async () => {
  expect(await collectFiles(['logs/a.gz', './logs/../logs/a.gz'], dir)).toHaveLength(1);
});

test.each([
  ['nothing', 'There is no file or folder nothing.'],
  ['/dev/null', '/dev/null is neither a file nor a folder.'],
])('%s is refused by name', async (path, message) => {
  await expect(collectFiles([path], dir)).rejects.toThrow(new CliError(message));
});
