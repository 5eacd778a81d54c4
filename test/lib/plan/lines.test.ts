import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvFields, csvReader } from '../../../lib/plan/csv.ts';
import type { LineFormat } from '../../../lib/plan/fields/items.ts';
import { createSplitter, type Line, LONGEST_LINE } from '../../../lib/plan/lines.ts';

/** Splits bytes that come in pieces of these lengths. */
function split(format: LineFormat, content: string | Buffer, lengths: number[] = []): Line[] {
  const splitter = createSplitter(format, 'c/blob');
  const bytes = Buffer.from(content);
  const lines: Line[] = [];
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    lines.push(...splitter.push(bytes.subarray(at, at + length)));
    at = Math.min(bytes.length, at + length);
  }
  return [...lines, ...splitter.end()];
}

test.each<[string, LineFormat, string, [string, number][]]>([
  ['no bytes', 'text', '', []],
  ['one line', 'text', 'a', [['a', 1]]],
  [
    'a last line end',
    'text',
    'a\nb\n',
    [
      ['a', 1],
      ['b', 2],
    ],
  ],
  [
    'CRLF',
    'text',
    'a\r\nb\r\n',
    [
      ['a', 1],
      ['b', 2],
    ],
  ],
  ['a return inside', 'text', 'a\rb\n', [['a\rb', 1]]],
  ['blank lines', 'text', '\n \na\n\n', [['a', 3]]],
  [
    'a byte order mark',
    'text',
    '\uFEFFa\nb',
    [
      ['a', 1],
      ['b', 2],
    ],
  ],
  [
    'a mark that is not first',
    'text',
    'a\n\uFEFFb',
    [
      ['a', 1],
      ['\uFEFFb', 2],
    ],
  ],
  [
    'an odd quote in text',
    'text',
    'a"\nb',
    [
      ['a"', 1],
      ['b', 2],
    ],
  ],
  [
    'a quoted line break',
    'csv',
    'a,"b\nc"\nd\n',
    [
      ['a,"b\nc"', 1],
      ['d', 3],
    ],
  ],
  [
    'a quoted CRLF',
    'csv',
    '"\r\n",x\r\ny',
    [
      ['"\r\n",x', 1],
      ['y', 3],
    ],
  ],
  [
    'doubled quotes',
    'csv',
    '"a"""\n"b"',
    [
      ['"a"""', 1],
      ['"b"', 2],
    ],
  ],
  [
    'objects',
    'ndjson',
    '{"a":1}\n\n{"a":2}',
    [
      ['{"a":1}', 1],
      ['{"a":2}', 3],
    ],
  ],
])('%s: lines of %s', (_, format, content, expected) => {
  expect(split(format, content).map(({ text, number }) => [text, number])).toEqual(expected);
});

test('however the bytes come, the lines are the same, and their ranges are where they are in the blob', () => {
  const piece = fc.constantFrom('a', 'ß', '🙂', ',', '"', '\n', '\r\n', ' ', '\r');
  const content = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  const format = fc.constantFrom<LineFormat>('text', 'csv', 'ndjson');
  fc.assert(
    fc.property(format, content, fc.array(fc.nat(7)), (kind, text, lengths) => {
      fc.pre(kind !== 'csv' || [...text].filter((one) => one === '"').length % 2 === 0);
      const whole = split(kind, text);
      expect(split(kind, text, lengths)).toEqual(whole);
      const bytes = Buffer.from(text);
      for (const { text: line, start, end } of whole) {
        expect(
          bytes
            .subarray(start, end)
            .toString()
            .replace(/\r?\n$/, ''),
        ).toBe(line);
      }
      if (kind === 'text') {
        const plain = text
          .split('\n')
          .map((one, index, all) => (index < all.length - 1 ? one.replace(/\r$/, '') : one));
        expect(whole.map((one) => one.text)).toEqual(plain.filter((one) => one.trim() !== ''));
      }
    }),
  );
});

test.each<[string, LineFormat, Buffer, string]>([
  [
    'a line that is too long',
    'text',
    Buffer.from(`a\n${'x'.repeat(LONGEST_LINE + 1)}`),
    'c/blob, line 2: it is longer than 16384 bytes. Use chunks',
  ],
  [
    'a quote that is never closed',
    'csv',
    Buffer.from('a\n"b\nc'),
    'c/blob, line 2: a quote is opened and never closed',
  ],
  [
    'an open quote that swallows the rest',
    'csv',
    Buffer.from(`a\n"${'b\n'.repeat(LONGEST_LINE)}`),
    'perhaps never closed',
  ],
  ['Latin 1', 'text', Buffer.from('gr\u00fcn', 'latin1'), 'it is not UTF-8; convert it'],
  ['a null character', 'text', Buffer.from('a\0b'), 'it has a null character'],
])('%s is refused with the blob, the line and what to do', (_, format, bytes, message) => {
  expect(() => split(format, bytes)).toThrow(message);
});

test('fields that are written as RFC 4180 has it are read as they were', () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r', ' ') });
  const records = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      records,
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(5)),
      (rows, end, lengths) => {
        const text = rows.map((row) => row.map(written).join(',') + end).join('');
        const read = split('csv', text, lengths).map((line) => csvFields(line.text));
        expect(read).toEqual(rows.map((fields) => ({ fields })));
      },
    ),
  );
});

function written(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

test.each([
  ['a"b', 'a quote inside of a field'],
  ['"a"b,c', 'between a closing quote and the comma'],
  ['"a', 'never closed'],
])('the record %s is refused', (record, fault) => {
  expect(csvFields(record).fault).toContain(fault);
});

test('columns become variables, and a name that comes twice is refused with both', () => {
  const [header, row, short] = split('csv', 'First name,größe-2\n1,"a,b"\n7\n');
  const where = { where: 'c/blob', taken: ['seed'] };
  const read = csvReader(header!, where);
  expect(read(row!)).toEqual({ PARAM_FIRST_NAME: '1', PARAM_GR__E_2: 'a,b' });
  expect(() => read(short!)).toThrow('c/blob, line 3: it has 1 fields, and the header has 2');
  const reader = (text: string) => () => csvReader(split('csv', text)[0]!, where);
  expect(reader('a b,A-B')).toThrow(
    'the column "a b" and the column "A-B" would both be PARAM_A_B',
  );
  expect(reader('x,Seed')).toThrow('the parameter "seed" and the column "Seed"');
  expect(reader('x,,y')).toThrow('column 2 of the header has no name');
});
