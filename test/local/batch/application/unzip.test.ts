import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unzip } from '../../../../local/batch/application/unzip.ts';
import { zipOf, type ZipMember } from '../zip.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'unzip-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function archive(...members: ZipMember[]): Promise<string> {
  const path = join(directory, 'a.zip');
  await writeFile(path, zipOf(members));
  return path;
}

test('files, directories and modes come out as they went in', async () => {
  const path = await archive(
    { name: 'deep/', mode: 0o040755 },
    { name: 'deep/er/text.txt', data: 'text'.repeat(10_000) },
    { name: 'stored.txt', data: 'stored', method: 0 },
    { name: 'empty' },
    { name: 'win\\dows.txt', data: 'w', mode: 0 },
    { name: 'run.sh', data: '#!/bin/sh\necho hi\n', mode: 0o100755 },
  );
  const target = join(directory, 'target');
  await unzip(path, target);
  expect(await readFile(join(target, 'deep/er/text.txt'), 'utf8')).toBe('text'.repeat(10_000));
  expect(await readFile(join(target, 'stored.txt'), 'utf8')).toBe('stored');
  expect(await readFile(join(target, 'empty'), 'utf8')).toBe('');
  expect(await readFile(join(target, 'win/dows.txt'), 'utf8')).toBe('w');
  expect(execFileSync(join(target, 'run.sh'), { encoding: 'utf8' })).toBe('hi\n');
  expect((await stat(join(target, 'empty'))).mode & 0o111).toBe(0);
});

test.skipIf(spawnFails('zip'))('an archive that the program zip made comes out whole', async () => {
  await mkdir(join(directory, 'source/a'), { recursive: true });
  await writeFile(join(directory, 'source/a/b.txt'), 'b'.repeat(5000));
  execFileSync('zip', ['-qr', join(directory, 'a.zip'), '.'], { cwd: join(directory, 'source') });
  await unzip(join(directory, 'a.zip'), join(directory, 'target'));
  expect(await readFile(join(directory, 'target/a/b.txt'), 'utf8')).toBe('b'.repeat(5000));
});

test('an archive without members makes an empty directory', async () => {
  await unzip(await archive(), join(directory, 'target'));
  expect(await readdir(join(directory, 'target'))).toEqual([]);
});

describe('nothing is written', () => {
  const bad: [string, ZipMember, string][] = [
    ['a name with ..', { name: '../out.txt' }, 'outside'],
    ['a name with .. further in', { name: 'a/../../out.txt' }, 'outside'],
    ['an absolute name', { name: '/out.txt' }, 'outside'],
    ['backslashes', { name: '..\\out.txt' }, 'outside'],
    ['a drive', { name: 'c:\\out.txt' }, 'outside'],
    ['an empty name', { name: '' }, 'outside'],
    ['a symbolic link', { name: 'link', data: '/etc', mode: 0o120777 }, 'a link'],
    ['an encrypted file', { name: 'secret', flags: 1 }, 'encrypted'],
    ['an unknown compression', { name: 'x', method: 12 }, 'not known'],
  ];
  test.each(bad)('for %s', async (_, member, message) => {
    const path = await archive({ name: 'good.txt', data: 'good' }, member);
    await expect(unzip(path, join(directory, 'target'))).rejects.toThrow(message);
    expect(await readdir(directory)).toEqual(['a.zip']);
  });

  test('for a file that is no archive', async () => {
    const path = join(directory, 'no.zip');
    await writeFile(path, 'not a zip file at all, but long enough to be one');
    await expect(unzip(path, join(directory, 'target'))).rejects.toThrow('not a zip file');
  });
});

test('a member that is damaged is noticed', async () => {
  const path = await archive({ name: 'a.txt', data: 'a'.repeat(1000), method: 0 });
  const bytes = await readFile(path);
  bytes[bytes.indexOf('aaaa') + 10] = 98;
  await writeFile(path, bytes);
  await expect(unzip(path, join(directory, 'target'))).rejects.toThrow('damaged');
});

test('a file is never written through a link that is there', async () => {
  const target = join(directory, 'target');
  await mkdir(target);
  await writeFile(join(directory, 'victim'), 'kept');
  await symlink(join(directory, 'victim'), join(target, 'a.txt'));
  const path = await archive({ name: 'a.txt', data: 'new' });
  await expect(unzip(path, target)).rejects.toThrow('EEXIST');
  expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('kept');
});

function spawnFails(program: string): boolean {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}
