import { failedTasks } from '../azure/tasks.ts';
import { blobUrl } from '../azure/sas.ts';
import {
  type Manifest,
  type ManifestAttempt,
  manifestFile,
  type ManifestMerge,
  recordedAttempt,
} from '../plan/manifest.ts';
import { attemptKey, causeOfRecord, causeOfTask } from '../plan/outcome.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { ItemRecord } from '../plan/record.ts';
import type { RunError } from '../plan/run.ts';
import { mergeTaskId } from '../plan/task-spec.ts';
import type { Settled } from './decide.ts';
import { listOutputs, listRecords } from './evidence.ts';
import { keptMerge, mergeSkipped } from './merge.ts';

interface Question {
  run: string;
  generation: number;
  job: string | null;
  /** Null when the run broke off before its items were settled. */
  settled: Settled | null;
  tolerated: number;
  previous: Manifest | null;
  error: RunError | null;
}

/** What became of a run's merge, from what its task left, with every attempt at it. */
export async function mergeEntry(question: Question): Promise<ManifestMerge> {
  const { settled, tolerated, previous, error } = question;
  const before = previous?.merge?.attempts ?? [];
  const skipped = settled
    ? mergeSkipped(settled, tolerated)
    : (error?.message ?? 'the items were not settled');
  if (!settled || skipped !== null) return skippedMerge(skipped ?? '', before);
  const kept = keptMerge(previous, settled);
  if (kept) return kept;
  const { verdict, attempt, outputs } = await presentAttempt(question);
  if (!attempt && error) return skippedMerge(error.message, before);
  return {
    ...verdict,
    accepted: settled.accepted,
    outputs,
    attempts: attempt ? [...before, attempt] : before,
  };
}

function skippedMerge(message: string, attempts: ManifestAttempt[]): ManifestMerge {
  return { status: 'Skipped', cause: null, message, accepted: null, outputs: [], attempts };
}

type Verdict = Pick<ManifestMerge, 'status' | 'cause' | 'message'>;

async function presentAttempt({ run, generation, job }: Question) {
  const folder = `runs/${run}/merge/`;
  const key = attemptKey('merge', generation);
  const record = (await listRecords([`${folder}records/`])).get(key) ?? null;
  const listed = (await listOutputs(`${folder}out/`, [''])).get(key) ?? [];
  const urlOf = (path: string): string => blobUrl(WORK_CONTAINER, folder + path);
  const task = mergeTaskId(generation);
  const verdict = record ? recorded(record, listed.length) : await unrecorded(job, task);
  const status = verdict.cause === null ? 'Succeeded' : 'Failed';
  const how = { status, cause: verdict.cause } as const;
  const attempt = record ? recordedAttempt(task, how, record, urlOf) : null;
  return { verdict, attempt, outputs: listed.map(manifestFile) };
}

function recorded(record: ItemRecord, listed: number): Verdict {
  if (record.cause !== 'ok') {
    const message = `exit code ${record.exit}`;
    return { status: 'Failed', cause: causeOfRecord(record.cause), message };
  }
  if (listed < record.outputs) {
    const message = `${listed} of ${record.outputs} outputs are in storage`;
    return { status: 'Failed', cause: 'Upload', message };
  }
  return { status: 'Succeeded', cause: null, message: null };
}

async function unrecorded(job: string | null, task: string): Promise<Verdict> {
  const failure = job === null ? undefined : (await failedTasks(job, task)).get(task);
  if (!failure) {
    const message = 'the merge task ended without a record';
    return { status: 'Failed', cause: 'Node', message };
  }
  const message = `${failure.code}: ${failure.message}`;
  return { status: 'Failed', cause: causeOfTask(failure.code), message };
}
