import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LocalFile, nameDrops, staticPrefix } from '../../../cli/drop/names.ts';

const GLOBS = ['logs/**/*.gz'];

test.each([
  ['logs/**/*.gz', 'logs/'],
  ['logs/a*.gz', 'logs/'],
  ['a/b/{x,y}.gz', 'a/b/'],
  ['*.gz', ''],
  ['**/*.gz', ''],
  ['{a,b}/*.gz', ''],
  ['conf/config.json', 'conf/'],
  ['config.json', ''],
])('the static prefix of %s is %j', (glob, prefix) => {
  expect(staticPrefix(glob)).toBe(prefix);
});

describe('a dropped file', () => {
  const here = (relative: string, within: string) => ({ relative, within });
  const elsewhere = (within: string) => ({ relative: null, within });

  test.each<[string, Pick<LocalFile, 'relative' | 'within'>, string[], string]>([
    [
      'keeps its relative name when that matches',
      here('logs/a/b.gz', 'b.gz'),
      GLOBS,
      'logs/a/b.gz',
    ],
    [
      'is named within its folder when that matches',
      here('data/logs/b.gz', 'logs/b.gz'),
      GLOBS,
      'logs/b.gz',
    ],
    [
      'gets the prefix before its name within the folder',
      here('s/a/b.gz', 'a/b.gz'),
      GLOBS,
      'logs/a/b.gz',
    ],
    ['gets the prefix when it is from elsewhere', elsewhere('b.gz'), GLOBS, 'logs/b.gz'],
    [
      'gets the first prefix that helps',
      elsewhere('b.txt'),
      ['logs/*.gz', 'texts/*.txt'],
      'texts/b.txt',
    ],
    ['may begin with a dot', elsewhere('.b.gz'), GLOBS, 'logs/.b.gz'],
    ['needs no prefix for a glob without one', elsewhere('a/b.gz'), ['**/*.gz'], 'a/b.gz'],
    [
      'has its name as it is, whatever that is',
      elsewhere('$(rm -rf ~) *.gz'),
      GLOBS,
      'logs/$(rm -rf ~) *.gz',
    ],
  ])('%s', (_title, given, globs, name) => {
    expect(nameDrops([file(given)], globs)).toEqual({
      named: [{ path: '/x', name, size: 1 }],
      unmatched: [],
      clashes: [],
    });
  });

  test('that matches under no name is said so', () => {
    const wrong = file({ relative: 'readme.md', within: 'readme.md' });
    expect(nameDrops([wrong], GLOBS)).toEqual({ named: [], unmatched: [wrong], clashes: [] });
  });

  test('that would overwrite another is said so', () => {
    const one = file({ path: '/a/x.gz', within: 'x.gz' });
    const two = file({ path: '/b/x.gz', within: 'x.gz' });
    const { clashes } = nameDrops([one, two], GLOBS);
    expect(clashes).toEqual([{ name: 'logs/x.gz', paths: ['/a/x.gz', '/b/x.gz'] }]);
  });

  test('is named or refused, and never anything else', () => {
    const names = fc.array(fc.record({ path: fc.string(), within: fc.string({ minLength: 1 }) }));
    fc.assert(
      fc.property(names, (given) => {
        const { named, unmatched } = nameDrops(given.map(file), GLOBS);
        expect(named.length + unmatched.length).toBe(given.length);
        for (const { name } of named) expect(name).toMatch(/^logs\/.*\.gz$/s);
      }),
    );
  });
});

function file(change: Partial<LocalFile>): LocalFile {
  return { path: '/x', relative: null, within: 'x.gz', size: 1, ...change };
}
