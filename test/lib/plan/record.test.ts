import fc from 'fast-check';
import { expect, test } from 'vitest';
import { better, type ItemRecord, parseRecord, recordName } from '../../../lib/plan/record.ts';

const record: fc.Arbitrary<ItemRecord> = fc.record({
  item: fc.integer({ min: 1, max: 9_999_999 }).map((n) => String(n).padStart(6, '0')),
  attempt: fc.integer({ min: 1, max: 99 }),
  exit: fc.integer({ min: 0, max: 255 }),
  cause: fc.constantFrom('ok', 'exit', 'timeout', 'nooutput', 'noshell'),
  outputs: fc.nat(1000),
  start: fc.nat(4_000_000_000),
  end: fc.nat(4_000_000_000),
  stdout: fc.boolean(),
  stderr: fc.boolean(),
});

test('a record is read back from its name', () => {
  fc.assert(
    fc.property(record, (one) => {
      expect(parseRecord(recordName(one))).toEqual(one);
    }),
  );
});

test.each([
  '',
  'notes.txt',
  '000001.1.0.ok.1.5.6',
  '000001.1.0.gone.1.5.6.none',
  '000001.1.x.ok.1.5.6.none',
])('a blob called %j among the records is not one', (name) => expect(parseRecord(name)).toBeNull());

test('of two records of one attempt success wins, then the later', () => {
  fc.assert(
    fc.property(record, record, (a, b) => {
      const winner = better(a, b);
      expect([a, b]).toContain(winner);
      if (a.cause === 'ok' || b.cause === 'ok') expect(winner.cause).toBe('ok');
      if ((a.cause === 'ok') === (b.cause === 'ok')) {
        expect(winner.end).toBe(Math.max(a.end, b.end));
      }
    }),
  );
});
