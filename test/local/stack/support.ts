import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import type { PartDefinition } from '../../../local/stack/part.ts';

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(`${tmpdir()}/stack-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A part whose whole program is `code`. */
export function fakePart(code: string, env: Record<string, string> = {}): PartDefinition {
  const folder = temporaryFolder();
  writeFileSync(`${folder}/fake.mjs`, code);
  const [script, logFile] = [`${folder}/fake.mjs`, `${folder}/fake.log`];
  return { name: 'fake', script, args: ['--flag'], env, logFile };
}

/** What every fake does that gets ready. */
export const READY = `console.log(JSON.stringify({ ready: true, url: 'http://127.0.0.1:1', pid: process.pid }));`;

/** Stays until it is stopped, or its parent is gone. */
export const STAY = `process.stdin.on('end', () => process.exit(0)).resume();`;

/** Whether a process runs; one that has ended and that nobody has asked about yet (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
