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

/** Path of a task's directory within its node. */
export function taskRootDirectory(jobId: string, taskId: string): string {
  return `workitems/${jobId}/job-1/${taskId}`;
}

/** Path of what a job left within a node. */
export function jobDirectory(jobId: string): string {
  return `workitems/${jobId}`;
}

/** Makes the directories of a node that has just started. */
export async function makeNodeDirectories(root: string): Promise<void> {
  const names = ['applications', 'fsmounts', 'shared', 'startup/wd', 'volatile', 'workitems'];
  await Promise.all(names.map((name) => mkdir(join(root, name), { recursive: true })));
}

/** Makes a task's directories afresh: what an earlier try left is gone. */
export async function makeTaskDirectories(directories: TaskDirectories): Promise<void> {
  await rm(directories.task, { recursive: true, force: true });
  await mkdir(directories.working, { recursive: true });
  await mkdir(join(directories.task, 'certs'));
}
