import { mkdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a task lives on its node. */
export interface TaskDirectories {
  root: string;
  task: string;
  working: string;
}

/** The directories of a job's task, as a Linux node has them. */
export function taskDirectories(root: string, jobId: string, taskId: string): TaskDirectories {
  const task = join(root, taskRootDirectory(jobId, taskId));
  return { root, task, working: join(task, 'wd') };
}

/** The directories of a node's start task. */
export function startupDirectories(root: string): TaskDirectories {
  const task = join(root, 'startup');
  return { root, task, working: join(task, 'wd') };
}

/** Path of a task's directory within its node. */
export function taskRootDirectory(jobId: string, taskId: string): string {
  const [name, run = 'job-1'] = jobId.split(':');
  return `workitems/${name}/${run}/${taskId}`;
}

/** Path of what a job left within a node. */
export function jobDirectory(jobId: string): string {
  return `workitems/${jobId.replace(':', '/')}`;
}

/** Makes the directories of a node that has just started. */
export async function makeNodeDirectories(root: string): Promise<void> {
  const names = ['applications', 'fsmounts', 'shared', 'startup/wd', 'volatile', 'workitems'];
  await Promise.all(names.map((name) => mkdir(join(root, name), { recursive: true })));
}

/** Makes a task's directories afresh, what an earlier try left is gone; or keeps what is there. */
export async function makeTaskDirectories(
  { task, working }: TaskDirectories,
  keep: boolean,
): Promise<void> {
  if (keep) {
    mkdirSync(working, { recursive: true });
    return;
  }
  // Synchronous where it is one system call: a trip through the thread pool costs ten times as much.
  if (!makeDirectory(task)) {
    await rm(task, { recursive: true, force: true });
    mkdirSync(task);
  }
  mkdirSync(working);
}

function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    if (code !== 'ENOENT') throw error;
    mkdirSync(path, { recursive: true });
    return true;
  }
}
