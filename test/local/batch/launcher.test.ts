import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLauncher, type Launcher } from '../../../local/batch/node/launcher.ts';
import { runProcess, type ProcessOrder } from '../../../local/batch/node/process.ts';

let root: string;
let launcher: Launcher;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'batch-launcher-'));
  launcher = createLauncher(join(root, 'launcher'), root);
});
afterEach(() => {
  launcher.close();
  rmSync(root, { recursive: true, force: true });
});

function order(name: string, command: string): ProcessOrder {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  const environment = { PATH: process.env['PATH'] ?? '' };
  return { words: ['/bin/sh', '-c', command], environment, directory, working: directory };
}

test('a kill that is still under way when its program ends never reaches the program that comes next', async () => {
  const never = new AbortController().signal;
  const over = new AbortController();
  const codes = new Set<number>();
  const bystander = async (name: string) => {
    for (let run = 0; !over.signal.aborted; run++) {
      codes.add(await runProcess(launcher, order(`${name}-${run}`, 'sleep 0.01'), never));
      // So that the shell that was given back last is another one's.
      await sleep(run % 7);
    }
  };
  const killed = async (): Promise<void> => {
    for (let run = 0; run < 40; run++) {
      const abort = new AbortController();
      const ended = runProcess(launcher, order(`killed-${run}`, 'sleep 0.02'), abort.signal);
      // About when it ends by itself.
      await sleep(15 + (run % 10));
      abort.abort();
      await ended;
    }
    over.abort();
  };
  await Promise.all([killed(), ...['a', 'b', 'c', 'd'].map(bystander)]);
  expect([...codes]).toEqual([0]);
});
