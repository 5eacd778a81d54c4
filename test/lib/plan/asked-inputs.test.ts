import { expect, test } from 'vitest';
import { type AskedInput, readAskedBlob } from '../../../lib/plan/asked-inputs.ts';

const read = (input: AskedInput, watched: string | null = 'inbox') =>
  readAskedBlob(input, { watched, accountUrl: 'http://h/acc' });

test.each<[AskedInput, object]>([
  ['logs/a b.gz', { container: 'inbox', name: 'logs/a b.gz' }],
  ['http://h/acc/other/a%20b/%C3%BC.gz?sig=x', { container: 'other', name: 'a b/ü.gz' }],
  [{ name: 'a' }, { container: 'inbox', name: 'a' }],
  [
    { container: 'other', name: 'a' },
    { container: 'other', name: 'a' },
  ],
  [{ prefix: '2026/' }, { container: 'inbox', prefix: '2026/', match: ['**'] }],
  [
    { container: 'sluice-work', prefix: '' },
    { container: 'sluice-work', prefix: '', match: ['**'] },
  ],
])('%j is read', (input, expected) => {
  expect(read(input)).toEqual(expected);
});

test.each<[AskedInput, string]>([
  ['http://h/acc2/c/a', 'may have URLs of blobs below http://h/acc/'],
  ['http://h/acc/c', 'is none'],
  ['http://h/acc/c/%E0%A4%A', 'is none'],
  [{ container: 'sluice', name: 'a' }, 'may not'],
  [{ container: '../x', name: 'a' }, 'may not'],
  [{ city: 'Bonn' }, 'is none of these'],
])('%j is refused', (input, fault) => {
  expect(read(input)).toEqual({ fault: expect.stringContaining(fault) });
});

test('a name alone needs a watched container', () => {
  expect(read('a', null)).toEqual({ fault: expect.stringContaining('must tell the container') });
});
