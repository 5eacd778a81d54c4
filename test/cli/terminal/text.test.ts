import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { table } from '../../../cli/terminal/table.ts';
import { pad, printable, textWidth, truncate } from '../../../cli/terminal/text.ts';
import { byteSize, clockTime, count } from '../../../cli/terminal/units.ts';

test.each([
  ['', 0],
  ['plain', 5],
  ['\u001b[32mgreen\u001b[39m', 5],
  ['日本語', 6],
  ['e\u0301', 1],
  ['😀!', 3],
  ['한글', 4],
])('%j takes its columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

describe('truncate', () => {
  test.each([
    ['fits', 4, 'fits'],
    ['too long', 5, 'too …'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['anything', 1, '…'],
    ['anything', 0, ''],
  ])('cuts %j to %i columns', (text, columns, cut) => {
    expect(truncate(text, columns)).toBe(cut);
  });

  test('never exceeds the columns and never cuts what fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).map(printable), fc.nat(60), (text, columns) => {
        const cut = truncate(text, columns);
        expect(textWidth(cut)).toBeLessThanOrEqual(columns);
        expect(cut === text).toBe(textWidth(text) <= columns);
      }),
    );
  });
});

test('padding counts columns, not characters', () => {
  expect(pad('日本', 6)).toBe('日本  ');
  expect(pad('7', 3, 'right')).toBe('  7');
  expect(pad('longer', 3)).toBe('longer');
});

test('what could steer a terminal becomes visible', () => {
  expect(printable('a\u001b[31mb\nc\u202ed.gz')).toBe('a\ufffd[31mb\ufffdc\ufffdd.gz');
  expect(printable('naïve 日本 🎉')).toBe('naïve 日本 🎉');
});

test('a table aligns its columns and numbers', () => {
  expect(
    table(
      ['NAME', ' N', 'WHY'],
      [
        ['a', '5', 'x'],
        ['語語語', '10', ''],
      ],
    ),
  ).toEqual(['NAME     N  WHY', 'a        5  x', '語語語  10']);
});

test.each([
  [0, '0:00'],
  [59_999, '0:59'],
  [725_000, '12:05'],
  [3_723_000, '1:02:03'],
  [-5, '0:00'],
])('%i ms is %s', (ms, text) => {
  expect(clockTime(ms)).toBe(text);
});

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 KB'],
  [9_949, '9.9 KB'],
  [9_990, '10 KB'],
  [999_600, '1.0 MB'],
  [36_400_000, '36 MB'],
])('%i bytes are shown as %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});

test('counts agree with their noun', () => {
  expect([count(0, 'file'), count(1, 'file'), count(1191, 'file')]).toEqual([
    '0 files',
    '1 file',
    '1,191 files',
  ]);
});
