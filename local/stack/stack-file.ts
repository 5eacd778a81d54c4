import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isLocked } from './lock.ts';
import type { StackUrls } from './parts.ts';
import type { StackPorts } from './ports.ts';

/** What `stack.json` in a data folder holds: the ports for good, the rest of the stack that runs or ran last. */
export interface StackFile {
  ports: StackPorts;
  urls: StackUrls;
  /** Of the supervisor. */
  pid: number;
  processes: { name: string; pid: number }[];
}

/** Reads the file; undefined when there is none. Throws an Error that names the file when it cannot be understood. */
export function readStackFile(dataDir: string): StackFile | undefined {
  const file = fileIn(dataDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as StackFile;
  } catch (cause) {
    throw new Error(`${file} is not JSON: mend it, or start on another data folder.`, { cause });
  }
}

/** Writes the file in one step: a reader sees the old one or the new one. */
export function writeStackFile(dataDir: string, content: StackFile): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The stack that runs on a data folder, if one does. */
export function findRunningStack(dataDir: string): StackFile | undefined {
  const content = readStackFile(dataDir);
  return content && isAlive(content.pid) && isLocked(dataDir) ? content : undefined;
}

/** Asked first, since looking at the lock takes it for a moment. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function fileIn(dataDir: string): string {
  return `${dataDir}/stack.json`;
}
