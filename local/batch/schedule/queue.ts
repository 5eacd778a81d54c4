import type { Account, Job } from '../account.ts';

/** The waiting tasks of a job, first of each number of slots, oldest first. Reads ahead in the database, so it costs little per task. */
export function nextWaiting(account: Account, job: Job): { seq: number; slots: number }[] {
  return Object.keys(job.counts.active)
    .map((text) => ({ slots: Number(text), seq: peek(account, job, Number(text)) }))
    .filter((head): head is { seq: number; slots: number } => head.seq !== undefined)
    .toSorted((a, b) => a.seq - b.seq);
}

/** Takes the first waiting task of a number of slots out of the queue. */
export function takeWaiting(job: Job, slots: number): void {
  job.ahead.get(slots)?.seqs.shift();
}

/** Forgets what was read ahead, because tasks became active again or were removed. */
export function resetQueue(job: Job): void {
  job.ahead.clear();
}

function peek(account: Account, job: Job, slots: number): number | undefined {
  let ahead = job.ahead.get(slots);
  if (ahead === undefined) job.ahead.set(slots, (ahead = { seqs: [], after: 0 }));
  if (ahead.seqs.length === 0) {
    ahead.seqs = account.tasks.waiting(job.row, slots, ahead.after);
    ahead.after = ahead.seqs.at(-1) ?? ahead.after;
  }
  return ahead.seqs[0];
}
