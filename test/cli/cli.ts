import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The script to start; cli/main.ts by default. */
  script?: string;
}

/** Starts the command line as a process of its own, as a person would. */
export function startCli(args: string[], options: RunOptions = {}): ChildProcess {
  const script = options.script ?? join(ROOT, 'cli', 'main.ts');
  const env = { ...process.env, SLUICE_URL: '', SLUICE_KEY: '', NO_COLOR: '1', ...options.env };
  return spawn(process.execPath, [script, ...args], {
    cwd: options.cwd ?? ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What it said and how it ended. */
export async function runCli(args: string[], options: RunOptions = {}): Promise<Ended> {
  const child = startCli(args, options);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, stdout, stderr };
}
