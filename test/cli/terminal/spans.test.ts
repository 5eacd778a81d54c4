import { expect, test } from 'vitest';
import { wantsColor } from '../../../cli/terminal/spans.ts';

const stream = (isTTY: boolean) =>
  ({ isTTY, hasColors: () => true }) as unknown as NodeJS.WriteStream;

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['a pipe with FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
  ['a pipe with an empty FORCE_COLOR', false, { FORCE_COLOR: '' }, true],
  ['a terminal with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
  ['both', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
])('colours on %s', (_title, isTTY, env, expected) => {
  expect(wantsColor(stream(isTTY), env)).toBe(expected);
});
