import { rm } from 'node:fs/promises';
import type { Account, Job, Run } from '../account.ts';
import { taskDirectories } from '../node/directories.ts';
import type { TaskRow } from '../store/tasks.ts';

/** A deleted task: as it was stored, and its run if it had one. */
export interface DeletedTask {
  job: Job;
  row: TaskRow;
  run: Run | undefined;
}

/** Removes the directory of a deleted task, once nothing of it runs any more. */
export function forgetTaskFiles(account: Account, task: DeletedTask): void {
  removeFiles(account, task).catch((error: unknown) =>
    account.log(`The files of task ${task.row.id} could not be removed: ${String(error)}`),
  );
}

async function removeFiles(account: Account, { job, row, run }: DeletedTask): Promise<void> {
  const node = account.pools.get((row.pool ?? '').toLowerCase())?.nodes.get(row.node ?? '');
  if (node === undefined) return;
  await run?.done;
  // A task of the same id may have been added meanwhile.
  if (account.closing || account.tasks.get(job.row, row.id) !== undefined) return;
  const { task } = taskDirectories(node.root, job.doc.id, row.id);
  await rm(task, { recursive: true, force: true });
}
