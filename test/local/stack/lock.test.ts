import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isLocked, lockFolder } from '../../../local/stack/lock.ts';
import { temporaryFolder } from './support.ts';

test('a folder has one stack at a time, in one process too', () => {
  const folder = temporaryFolder();
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(`A stack is already running on ${folder}`);
  expect(isLocked(folder)).toBe(true);
  lock.release();
  expect(isLocked(folder)).toBe(false);
});

test('a lock ends with its process, however that ends', async () => {
  const folder = temporaryFolder();
  const module = new URL('../../../local/stack/lock.ts', import.meta.url).href;
  const code = `import { lockFolder } from '${module}'; lockFolder('${folder}'); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  expect(isLocked(folder)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await vi.waitFor(() => expect(isLocked(folder)).toBe(false));
});
