import type { Account, Job } from '../account.ts';
import type { Counts } from '../store/counts.ts';

const seen = new WeakMap<Job, { at: number; counts: Counts }>();

/** The counts of a job's tasks as they were at most as long ago as the knob says. */
export function countsAsSeen({ clock, controls }: Account, job: Job): Counts {
  const lag = controls.faults.knobs.countsLag;
  if (lag === 0) return job.counts;
  const now = clock.now();
  let last = seen.get(job);
  if (last === undefined || now - last.at >= lag) {
    last = { at: now, counts: structuredClone(job.counts) };
    seen.set(job, last);
  }
  return last.counts;
}
