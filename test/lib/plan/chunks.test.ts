import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  afterCharacter,
  afterLineEnd,
  nominalCuts,
  rangesBetween,
} from '../../../lib/plan/chunks.ts';

/** Cuts as the planner does, with all of the blob at hand. */
function cutUp(blob: Buffer, bytes: number): Buffer[] {
  const cuts = nominalCuts(blob.length, bytes).map((cut) => {
    const window = blob.subarray(cut - 1);
    return cut + (afterLineEnd(window) ?? afterCharacter(window));
  });
  return rangesBetween(blob.length, cuts).map(({ start, end }) => blob.subarray(start, end));
}

test.each([
  ['ab\ncd\nef', 3, ['ab\n', 'cd\n', 'ef']],
  ['ab\ncd\nef', 2, ['ab\n', 'cd\n', 'ef']],
  ['abcdef\ng', 2, ['abcdef\n', 'g']],
  ['abcdef', 4, ['abcd', 'ef']],
  ['äöü', 3, ['äö', 'ü']],
  ['', 3, []],
])('%j in pieces of %i bytes', (text, bytes, expected) => {
  expect(cutUp(Buffer.from(text), bytes).map(String)).toEqual(expected);
});

test('pieces make up the blob, each ends at a line end where one follows, and no character is cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ß', '€', '🙂', '\n'), maxLength: 80 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (content, bytes) => {
      const pieces = cutUp(Buffer.from(content), bytes);
      expect(Buffer.concat(pieces).toString()).toBe(content);
      const decoder = new TextDecoder('utf-8', { fatal: true });
      expect(pieces.map((piece) => decoder.decode(piece)).join('')).toBe(content);
      expect(pieces.every((piece) => piece.length > 0)).toBe(true);
      const lastLine = Buffer.from(content).lastIndexOf('\n');
      let end = 0;
      for (const piece of pieces) {
        end += piece.length;
        if (end <= lastLine) expect(piece.at(-1)).toBe(0x0a);
      }
    }),
  );
});
