import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface PartDefinition<Name extends string = string> {
  name: Name;
  /** Absolute path of the script. */
  script: string;
  args: string[];
  /** Over this process's environment. */
  env: Record<string, string>;
  /** What the part writes to stderr is appended here. */
  logFile: string;
}

/** What a part says of itself on its ready line. */
export type ReadyLine = Record<string, unknown> & { ready: true; url: string };

/** A running process of a part. */
export interface PartProcess {
  pid: number;
  ready: ReadyLine;
  /** Settles with words for how the process ended. */
  ended: Promise<string>;
  /** The last line that it wrote to stderr; empty when it wrote none. */
  lastLine(): string;
  /** SIGTERM, then SIGKILL after 5 s. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5_000;

/** Starts a part and waits for its ready line; rejects with the part's last words when it ends before that. */
export async function startPart(definition: PartDefinition): Promise<PartProcess> {
  const { logFile } = definition;
  const from = sizeOf(logFile);
  const child = spawnPart(definition);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(signal ? `killed by ${signal}` : `exit code ${code}`),
    );
  });
  const stop = () => stopChild(child, ended);
  const ready = await Promise.race([readyLine(child), ended, late()]);
  const lastLine = () => saidSince(logFile, from).split('\n').at(-1) ?? '';
  if (typeof ready !== 'string') return { pid: child.pid ?? 0, ready, ended, lastLine, stop };
  await stop();
  throw new Error(
    `The part "${definition.name}" did not start (${ready}). ${lastWords(logFile, from)}`,
  );
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

function spawnPart({ script, args, env, logFile }: PartDefinition): Child {
  const log = openSync(logFile, 'a');
  try {
    // The types know no file descriptor in this place.
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, ...args],
      {
        stdio: ['pipe', 'pipe', log],
        env: { ...process.env, ...env },
        // Out of the terminal's process group: Ctrl-C reaches the supervisor alone, which stops the parts in order.
        detached: true,
      },
    ) as Child;
    // Nothing is written to it: its end is the part's signal that its supervisor is gone.
    child.stdin.on('error', () => {});
    return child;
  } finally {
    closeSync(log);
  }
}

function readyLine(child: Child): Promise<ReadyLine | string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => {
      // Keeps the pipe from filling up.
      child.stdout.resume();
      resolve(parseReady(line) ?? `said ${JSON.stringify(line)} where its ready line was expected`);
    });
  });
}

function parseReady(line: string): ReadyLine | undefined {
  try {
    const said = JSON.parse(line) as Partial<ReadyLine> | null;
    return said?.ready === true && typeof said.url === 'string' ? (said as ReadyLine) : undefined;
  } catch {
    return undefined;
  }
}

function late(): Promise<string> {
  return new Promise((resolve) => {
    const words = `no ready line within ${READY_WITHIN_MS / 1000} s`;
    setTimeout(() => resolve(words), READY_WITHIN_MS).unref();
  });
}

async function stopChild(child: Child, ended: Promise<string>) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(force);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function lastWords(logFile: string, from: number): string {
  const text = saidSince(logFile, from);
  if (!text) return `It said nothing; its log is ${logFile}.`;
  return `Its last words (all are in ${logFile}):\n${text.split('\n').slice(-15).join('\n')}`;
}

function saidSince(logFile: string, from: number): string {
  return readFileSync(logFile).subarray(from).toString().trim();
}
