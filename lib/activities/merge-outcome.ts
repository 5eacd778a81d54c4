import {
  attemptKey,
  causeOfRecord,
  causeOfTask,
  type StoredFile,
  type TaskFailure,
} from '../plan/outcome.ts';
import type { ItemRecord } from '../plan/record.ts';
import type { Failure } from '../plan/retry.ts';
import { listOutputs, listRecords } from './evidence.ts';

/** What one attempt at a merge left in storage. */
export interface MergeEvidence {
  record: ItemRecord | null;
  outputs: StoredFile[];
}

/** How an attempt came out: `failure` is null when it succeeded. */
export interface MergeOutcome {
  failure: Failure | null;
  message: string | null;
}

/** Where a run's merges leave their files in the work container. */
export function mergeFolder(run: string): string {
  return `runs/${run}/merge/`;
}

export async function mergeEvidence(run: string, attempt: number): Promise<MergeEvidence> {
  const key = attemptKey('merge', attempt);
  const folder = mergeFolder(run);
  const [records, outputs] = await Promise.all([
    listRecords([`${folder}records/${key}.`]),
    listOutputs(`${folder}out/`, [`merge/a${attempt}/`]),
  ]);
  return { record: records.get(key) ?? null, outputs: outputs.get(key) ?? [] };
}

/** Judges an attempt whose task has ended, by what it left and, without a record, by what Batch says of the task. */
export function judgeMerge(
  { record, outputs }: MergeEvidence,
  task: TaskFailure | null,
): MergeOutcome {
  if (!record) return unrecorded(task);
  const cause = causeOfRecord(record.cause);
  if (cause) {
    const failure = { cause, exitCode: record.exit, code: null };
    return { failure, message: `exit code ${record.exit}` };
  }
  if (outputs.length === record.outputs) return { failure: null, message: null };
  const message = `${outputs.length} of ${record.outputs} outputs are in storage`;
  return { failure: { cause: 'Upload', exitCode: record.exit, code: null }, message };
}

function unrecorded(task: TaskFailure | null): MergeOutcome {
  if (!task) {
    const failure = { cause: 'Node' as const, exitCode: null, code: null };
    return { failure, message: 'the merge task ended without a record' };
  }
  const { code, exitCode, message } = task;
  return { failure: { cause: causeOfTask(code), exitCode, code }, message: `${code}: ${message}` };
}
