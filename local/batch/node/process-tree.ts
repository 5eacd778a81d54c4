import { readdir, readFile } from 'node:fs/promises';
import { waitReal } from '../time/timer.ts';
import { taskMarker } from './environment.ts';

/** One process as /proc shows it. */
interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  session: number;
}

/** What makes a process belong to a task. */
export interface ProcessSeed {
  /** The task's first process, also its group and session; undefined after a restart. */
  pid: number | undefined;
  /** A process whose children belong to the task, though it itself does not. */
  parent?: number;
  /** A directory: every process whose environment names it, or something below it, as its task's directory. */
  directory: string;
}

/**
 * Kills a task's processes: its group and session, their descendants, and those that made sessions of their own. They
 * are stopped first and looked for again until none is new, because a process may fork while it is looked for.
 */
export async function killProcesses(seed: ProcessSeed): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const found = new Set<number>();
    let before = -1;
    while (found.size > before) {
      before = found.size;
      for (const pid of await findProcesses(seed, found)) {
        if (!found.has(pid)) signal(pid, 'SIGSTOP');
        found.add(pid);
      }
    }
    if (found.size === 0) return;
    for (const pid of found) signal(pid, 'SIGKILL');
    await waitReal(Math.min(5 * (round + 1), 50));
  }
  throw new Error(`Processes of ${seed.directory} are still there after 50 attempts to kill them.`);
}

/** Kills what is left of a group whose leader has ended; costs one system call when nothing is. */
export function killGroup(pid: number): void {
  signal(-pid, 'SIGKILL');
}

async function findProcesses(seed: ProcessSeed, known: ReadonlySet<number>): Promise<Set<number>> {
  const entries = await readProcesses();
  const found = new Set<number>(known);
  for (const entry of entries) if (await belongs(entry, seed)) found.add(entry.pid);
  let before = -1;
  while (found.size > before) {
    before = found.size;
    for (const entry of entries) {
      if (found.has(entry.parent) || found.has(entry.session)) found.add(entry.pid);
    }
  }
  const alive = new Set(entries.map((entry) => entry.pid));
  return new Set([...found].filter((pid) => alive.has(pid)));
}

async function belongs(entry: ProcessEntry, seed: ProcessSeed): Promise<boolean> {
  if (entry.parent === seed.parent) return true;
  if (seed.pid !== undefined) {
    if (entry.pid === seed.pid || entry.group === seed.pid || entry.session === seed.pid) {
      return true;
    }
  }
  const environment = await readOrEmpty(`/proc/${entry.pid}/environ`);
  // Compared byte by byte: an environment need not be valid UTF-8.
  const mark = Buffer.from(`${taskMarker}=${seed.directory}`).toString('latin1');
  return environment.split('\0').some((line) => line === mark || line.startsWith(`${mark}/`));
}

async function readProcesses(): Promise<ProcessEntry[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(names.map((name) => readOrEmpty(`/proc/${name}/stat`)));
  return stats.flatMap((stat, index) => {
    // After the command's name, which may itself hold blanks and parentheses: state, parent, group, session.
    const [state, parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || state === '' || state === 'Z' || state === 'X') return [];
    return [
      {
        pid: Number(names[index]),
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
      },
    ];
  });
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    // Ended meanwhile, or another user's.
    return '';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code === 'EPERM') throw error;
  }
}
