import { rm } from 'node:fs/promises';
import type { Account } from '../account.ts';
import type { ExpiredTask } from '../store/tasks.ts';
import type { Stamp } from '../time/stamp.ts';
import { taskDirectories } from './directories.ts';

/** Takes note that a task's directory is due to be removed at some time. */
export function armRetention(account: Account, expires: Stamp): void {
  const armed = account.retention?.at ?? Number.MAX_SAFE_INTEGER;
  if (expires >= armed || account.closing) return;
  account.retention?.cancel();
  const cancel = account.clock.startLimit(expires / 1000 - account.clock.now(), () => {
    account.retention = undefined;
    return removeExpired(account);
  });
  account.retention = { at: expires, cancel };
}

/** Waits for the directories that are due next, also after a restart. */
export function armNextRetention(account: Account): void {
  const next = account.tasks.nextExpiry();
  if (next !== undefined) armRetention(account, next);
}

async function removeExpired(account: Account): Promise<void> {
  const jobs = new Map([...account.jobs.values()].map((job) => [job.row, job.doc.id]));
  for (const task of account.tasks.expired(account.clock.stamp())) {
    const jobId = jobs.get(task.job);
    if (jobId !== undefined) await removeDirectory(account, jobId, task);
    if (account.closing) return;
    account.tasks.filesRemoved(task.seq);
  }
  armNextRetention(account);
}

async function removeDirectory(account: Account, jobId: string, task: ExpiredTask): Promise<void> {
  const node = account.pools.get((task.pool ?? '').toLowerCase())?.nodes.get(task.node ?? '');
  if (node === undefined) return;
  const { task: directory } = taskDirectories(node.root, jobId, task.id);
  await rm(directory, { recursive: true, force: true });
}
