import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startPart } from '../../../local/stack/part.ts';
import { fakePart, READY, STAY } from './support.ts';

test('a part that says it is ready is given its flags and settings, and ends when it is told to', async () => {
  const said = `console.error('started with', process.argv[2], process.env.SETTING);`;
  const definition = fakePart(said + READY + STAY, { SETTING: 'on' });
  const part = await startPart(definition);
  expect(part.ready).toMatchObject({ url: 'http://127.0.0.1:1', pid: part.pid });
  expect(readFileSync(definition.logFile, 'utf8')).toBe('started with --flag on\n');
  await part.stop();
  expect(await part.ended).toBe('killed by SIGTERM');
  await part.stop();
});

test.each([
  ['ends', `console.error('no disk');process.exit(3);`, '(exit code 3)', 'no disk'],
  ['says something else first', `console.log('hello');` + STAY, 'said "hello"', 'It said nothing'],
  [
    'says that it is not ready',
    `console.log('{"ready":false}');` + STAY,
    'said',
    'It said nothing',
  ],
])('a part that %s is reported by name, with its last words', async (_, code, how, words) => {
  const started = startPart(fakePart(code));
  await expect(started).rejects.toThrow('The part "fake" did not start');
  await expect(started).rejects.toThrow(how);
  await expect(started).rejects.toThrow(words);
});

test('only the last words of this start are shown', async () => {
  const definition = fakePart(
    `for (let n = 0; n < 40; n++) console.error('line', n); process.exit(1);`,
  );
  await startPart(definition).catch(() => {});
  const error: Error = await startPart(definition).then(
    () => expect.unreachable(),
    (reason: Error) => reason,
  );
  expect(error.message.match(/^line \d+$/gm)).toEqual(
    Array.from({ length: 15 }, (_, n) => `line ${n + 25}`),
  );
});

test('a part does not hear the Ctrl-C of the terminal, and its standard input ends with its parent', async () => {
  const part = await startPart(fakePart(READY + STAY));
  onTestFinished(() => part.stop());
  const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(part.pid)]);
  expect(Number(group)).toBe(part.pid);
});
