import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Job } from '../account.ts';
import { jobDirectory } from '../node/directories.ts';

/** Removes a job that nothing of runs any more: its tasks some thousands at a time, then its directories, then itself. */
export function finishDelete(account: Account, job: Job): void {
  account.clock.soon(() => removeTasks(account, job));
}

async function removeTasks(account: Account, job: Job): Promise<void> {
  if (job.deleting) return;
  job.deleting = true;
  while (!account.closing && account.tasks.removeSome(job.row)) {
    // Requests are answered in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (account.closing) return;
  await removeDirectories(account, job);
  if (account.closing) return;
  account.dependencies.removeJob(job.row);
  for (const jobNode of job.nodes.values()) account.live.remove(jobNode);
  account.jobs.delete(job.doc.id.toLowerCase());
  account.jobEnded(job);
  account.live.remove(job);
}

async function removeDirectories(account: Account, job: Job): Promise<void> {
  const nodes = [...account.pools.values()].flatMap((pool) => [...pool.nodes.values()]);
  for (const node of nodes) {
    await rm(join(node.root, jobDirectory(job.doc.id)), { recursive: true, force: true });
  }
}
