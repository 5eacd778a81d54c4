import { expect, onTestFinished, test, vi } from 'vitest';
import { supervise } from '../../../local/stack/supervise.ts';
import { fakePart, isAlive, READY, STAY, temporaryFolder } from './support.ts';

function hooks() {
  const lines: string[] = [];
  return { lines, log: (line: string) => lines.push(line), restarted: vi.fn<() => void>() };
}

test('a part that is killed is started again, and that is said', async () => {
  const { lines, log, restarted } = hooks();
  const part = await supervise(fakePart(READY + STAY), { log, restarted });
  onTestFinished(() => part.stop());
  const first = part.pid;
  process.kill(first, 'SIGKILL');
  await vi.waitUntil(() => part.pid !== first && restarted.mock.calls.length === 1);
  expect(isAlive(part.pid)).toBe(true);
  expect(lines).toEqual([
    'The part "fake" ended (killed by SIGKILL) and is started again.',
    'The part "fake" is up again.',
  ]);
});

test('a part that does not come up at once is tried until it does', async () => {
  const { lines, log, restarted } = hooks();
  const file = `${temporaryFolder()}/starts`;
  const failing = `
    import fs from 'node:fs';
    fs.appendFileSync('${file}', '1');
    const starts = fs.readFileSync('${file}').length;
    if (starts === 2) { console.error('not yet'); process.exit(1); }`;
  const part = await supervise(fakePart(failing + READY + STAY), { log, restarted });
  onTestFinished(() => part.stop());
  process.kill(part.pid, 'SIGKILL');
  await vi.waitUntil(() => restarted.mock.calls.length === 1);
  expect(lines.join('\n')).toContain('did not start (exit code 1). Its last words');
  expect(lines.at(-1)).toBe('The part "fake" is up again.');
});

test('a part that cannot start at all is not tried again', async () => {
  const { lines, log, restarted } = hooks();
  await expect(supervise(fakePart('process.exit(1)'), { log, restarted })).rejects.toThrow(
    'did not start',
  );
  expect(lines).toEqual([]);
});

test('a part that was stopped stays so, even between two starts', async () => {
  const { log, restarted } = hooks();
  const part = await supervise(fakePart(READY + STAY), { log, restarted });
  process.kill(part.pid, 'SIGKILL');
  await part.stop();
  await part.stop();
  expect(isAlive(part.pid)).toBe(false);
});
