import { findTask } from '../azure/tasks.ts';
import { blobUrl } from '../azure/sas.ts';
import {
  type Manifest,
  type ManifestAttempt,
  manifestFile,
  type ManifestMerge,
  recordedAttempt,
} from '../plan/manifest.ts';
import type { TaskFailure } from '../plan/outcome.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { RunError } from '../plan/run.ts';
import { mergeTaskId } from '../plan/task-spec.ts';
import { listMerges } from '../store/merges.ts';
import type { Settled } from './decide.ts';
import { keptMerge, mergeSkipped } from './merge.ts';
import {
  judgeMerge,
  type MergeEvidence,
  mergeEvidence,
  mergeFolder,
  type MergeOutcome,
} from './merge-outcome.ts';

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
    : (error?.message ?? 'there were no items');
  if (!settled || skipped !== null) return skippedMerge(skipped ?? '', before);
  const kept = keptMerge(previous, settled);
  if (kept) return kept;
  const attempts = await attemptsOf(question);
  const last = attempts.at(-1);
  const entries = [...before, ...attempts.flatMap(({ entry }) => entry ?? [])];
  const cutOff = !last || (last.failure !== null && last.record === null);
  if (error && cutOff) return skippedMerge(error.message, entries);
  return {
    status: last && !last.failure ? 'Succeeded' : 'Failed',
    cause: last ? (last.failure?.cause ?? null) : 'Node',
    message: last ? last.message : 'the merge was never tried',
    accepted: settled.accepted,
    outputs: (last?.outputs ?? []).map(manifestFile),
    attempts: entries,
  };
}

function skippedMerge(message: string, attempts: ManifestAttempt[]): ManifestMerge {
  return { status: 'Skipped', cause: null, message, accepted: null, outputs: [], attempts };
}

/** An attempt, how it came out, and what the manifest says of it if there was anything to it. */
type Attempted = MergeOutcome & MergeEvidence & { entry: ManifestAttempt | null };

async function attemptsOf({ run, generation, job }: Question): Promise<Attempted[]> {
  const attempts: Attempted[] = [];
  for (const { attempt } of await listMerges(run, generation)) {
    const id = mergeTaskId(attempt);
    const evidence = await mergeEvidence(run, attempt);
    const asked = job !== null && !evidence.record;
    const task = asked ? ((await findTask(job, id))?.failure ?? null) : null;
    const outcome = judgeMerge(evidence, task);
    attempts.push({
      ...evidence,
      ...outcome,
      entry: entryOf(run, { attempt, id, evidence, task, outcome }),
    });
  }
  return attempts;
}

function entryOf(
  run: string,
  how: {
    attempt: number;
    id: string;
    evidence: MergeEvidence;
    task: TaskFailure | null;
    outcome: MergeOutcome;
  },
): ManifestAttempt | null {
  const { attempt, id, evidence, task, outcome } = how;
  const cause = outcome.failure?.cause ?? null;
  const verdict = { status: cause === null ? 'Succeeded' : 'Failed', cause } as const;
  const urlOf = (path: string): string => blobUrl(WORK_CONTAINER, mergeFolder(run) + path);
  if (evidence.record) return recordedAttempt(id, verdict, evidence.record, urlOf);
  // A task that never started is no attempt.
  if (!task?.startedAt) return null;
  const { exitCode, startedAt, endedAt } = task;
  return {
    attempt,
    task: id,
    ...verdict,
    exitCode,
    startedAt,
    endedAt,
    stdout: null,
    stderr: null,
  };
}
