import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type FailedItem,
  groupOf,
  mergeGroups,
  normalisedLine,
} from '../../../lib/plan/signature.ts';

test.each([
  [
    'gzip: /mnt/tasks/job-7/0001/in/17.gz: unexpected end of file\n',
    'gzip: …/#.gz: unexpected end of file',
  ],
  ['first\nlast of two\n\n', 'last of two'],
  ['cannot read logs/a.gz', 'cannot read *'],
  ['cannot read a.gz', 'cannot read *'],
  ['\u001B[31mError:\u001B[0m at 0x7ffe12ab after 13.5 s', 'Error: at # after #.# s'],
  ['id 6d4dc3b937d4 not found', 'id # not found'],
  ['progress 1%\rprogress 100%\rfailed', 'failed'],
  ['  \n \n', null],
  ['', null],
])('the last line of %j is told as %j', (text, line) => {
  expect(normalisedLine(text, 'logs/a.gz')).toBe(line);
});

test.each([
  ['out', 'output missing, out too', 'output missing, * too'],
  ['lt.csv', 'default of lt.csv, lt and alt', 'default of *, lt and alt'],
  ['in/sub-1.csv', 'sub-1: no in/sub-1.csv, sub-12', '*: no *, sub-#'],
])('the item %j is not found inside the words of %j', (input, said, line) => {
  expect(normalisedLine(said, input)).toBe(line);
});

test('a line looks the same for every item that it differs for by number and name only', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(),
      fc.stringMatching(/^[a-z]{3,12}$/),
      fc.stringMatching(/^[a-z]{3,12}$/),
      (a, b, left, right) => {
        const said = (name: string, number: number): string => `!! ${name}.dat: fault ${number} !!`;
        expect(normalisedLine(said(left, a), `in/${left}.dat`)).toBe(
          normalisedLine(said(right, b), `in/${right}.dat`),
        );
      },
    ),
  );
});

const failed: fc.Arbitrary<FailedItem> = fc.record({
  item: fc.nat().map(String),
  input: fc.constant('x'),
  cause: fc.constantFrom('ExitCode', 'Timeout', 'Node'),
  exitCode: fc.constantFrom(null, 1, 2),
  text: fc.option(fc.stringMatching(/^[a-z]{1,2}$/)),
});

test('groups count every failure once, whatever parts they come in, the largest first', () => {
  fc.assert(
    fc.property(fc.array(fc.array(failed)), (parts) => {
      const whole = mergeGroups(parts.flat().map(groupOf));
      const byPart = mergeGroups(parts.flatMap((part) => mergeGroups(part.map(groupOf))));
      const total = (groups: typeof whole): number =>
        groups.reduce((sum, { items }) => sum + items, 0);
      expect(total(whole)).toBe(parts.flat().length);
      expect(total(byPart)).toBe(parts.flat().length);
      expect(new Set(whole.map(({ signature }) => signature)).size).toBe(whole.length);
      const sizes = whole.map(({ items }) => items);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    }),
  );
});

test('lines that all differ do not make a manifest of as many groups', () => {
  const letters = (index: number): string => String.fromCodePoint(0x4e00 + index);
  const groups = Array.from({ length: 5000 }, (_, index) =>
    groupOf({
      item: String(index),
      input: 'x',
      cause: 'ExitCode',
      exitCode: 1,
      text: letters(index),
    }),
  );
  const merged = mergeGroups(groups);
  expect(merged.length).toBeLessThanOrEqual(200);
  expect(merged[0]).toMatchObject({ line: null, cause: 'ExitCode', exitCode: 1 });
  expect(merged.reduce((sum, { items }) => sum + items, 0)).toBe(5000);
  for (const { examples } of merged) expect(examples.length).toBeLessThanOrEqual(10);
});
