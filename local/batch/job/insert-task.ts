import type { Account, Job } from '../account.ts';
import { count } from '../store/counts.ts';
import { writeTaskSpec, type TaskSpec } from '../task-spec.ts';
import type { Stamp } from '../time/stamp.ts';
import { BatchError } from '../wire/errors.ts';

/** Adds a task that was accepted to its job; throws TaskExists. */
export function insertTask(
  account: Account,
  job: Job,
  { id, spec }: { id: string; spec: TaskSpec },
): { seq: number; changed: Stamp } {
  const changed = account.clock.stamp();
  const slots = spec.requiredSlots;
  const seq = account.tasks.insert(job.row, { id, slots, spec: writeTaskSpec(spec) }, changed);
  if (seq === undefined) throw new BatchError('TaskExists');
  if (spec.dependsOn !== undefined) account.dependencies.add(job.row, seq, spec.dependsOn);
  count(job.counts, 'active', slots);
  return { seq, changed };
}
