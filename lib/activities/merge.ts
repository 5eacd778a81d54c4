import { signer } from '../azure/sas.ts';
import { findTask } from '../azure/tasks.ts';
import type { Manifest, ManifestMerge } from '../plan/manifest.ts';
import { CONTROL_CONTAINER, type Pipeline, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { TaskFailure } from '../plan/outcome.ts';
import { toleratedFailures } from '../plan/plan.ts';
import { backoffSeconds, goesAgain, type RetryRule } from '../plan/retry.ts';
import { mergeTask, mergeTaskId, withSurroundings } from '../plan/task-spec.ts';
import { commitMerge, listMerges, type MergeAttempt } from '../store/merges.ts';
import { runPipeline, runPlan } from '../store/plans.ts';
import { getOwnRun, readRunJson, setProgress } from '../store/runs.ts';
import type { Activities, JobRef } from './contract.ts';
import { acceptedFile, type Settled, settledFile } from './decide.ts';
import { judgeMerge, mergeEvidence } from './merge-outcome.ts';
import { previousManifest } from './plan-redrive.ts';
import { resolveSecrets, unsaid } from './secrets.ts';
import { offer } from './submit.ts';

/** Why there is nothing to merge, or not enough; null when there is. */
export function mergeSkipped(
  counts: { succeeded: number; failed: number },
  tolerated: number,
): string | null {
  if (counts.failed > tolerated) {
    return `${counts.failed} items failed, and the pipeline tolerates ${tolerated}`;
  }
  return counts.succeeded === 0 ? 'no item succeeded, so there is nothing to merge' : null;
}

/** The merge of the generation before, if the same outputs are accepted now: it need not be done again. */
export function keptMerge(previous: Manifest | null, settled: Settled): ManifestMerge | null {
  const merge = previous?.merge;
  return merge?.status === 'Succeeded' && merge.accepted === settled.accepted ? merge : null;
}

/**
 * Adds the merge task over the accepted outputs, unless there are none, failures forbid it, or it was done before. One
 * that failed is followed by another, after so many seconds, as `tasks.retry` says.
 */
export async function merge({ run, epoch, job }: JobRef): Promise<Activities['merge']['output']> {
  const { generation } = await getOwnRun({ run, epoch });
  const { pipeline } = await runPipeline(run);
  const settled = await readRunJson<Settled>(run, settledFile(generation));
  if (!pipeline.merge || !settled) return NONE;
  const tolerated = toleratedFailures(pipeline, settled.succeeded + settled.failed);
  if (mergeSkipped(settled, tolerated) !== null) return NONE;
  const previous = generation === 1 ? null : await previousManifest(run, generation);
  if (keptMerge(previous, settled)) return NONE;
  await setProgress({ run, epoch }, { phase: 'merge' });
  const last = (await listMerges(run, generation)).at(-1);
  const standing = last ?? (await commitMerge(run, generation, last, 0));
  const task = last ? await findTask(job, mergeTaskId(last.attempt)) : null;
  const { merge: step, tasks } = pipeline;
  if (task === null) return begin({ run, job, settled }, standing, { step, tasks });
  if (task.state !== 'completed') return { submitted: true, waitSeconds: 0 };
  return again(run, standing, { task, rule: tasks.retry });
}

const NONE = { submitted: false, waitSeconds: 0 };

/** Adds the task of an attempt, once it is time for it. */
async function begin(
  { run, job, settled }: { run: string; job: string; settled: Settled },
  { attempt, notBefore }: MergeAttempt,
  { step, tasks }: { step: { timeout: number }; tasks: Pipeline['tasks'] },
): Promise<Activities['merge']['output']> {
  const waitSeconds = Math.max(0, (notBefore - Date.now()) / 1000);
  if (waitSeconds > 0) return { submitted: false, waitSeconds };
  const sign = await signer(new Date());
  const { reused = [] } = await runPlan(run);
  const task = mergeTask(
    step,
    { run, attempt, reusedRuns: [...new Set(reused.flatMap(({ runs }) => runs))] },
    {
      script: sign.readBlob(CONTROL_CONTAINER, `runs/${run}/merge.sh`),
      accepted: sign.readBlob(CONTROL_CONTAINER, `runs/${run}/${acceptedFile(settled)}`),
      outputs: sign.readContainer(WORK_CONTAINER),
      work: sign.writeContainer(WORK_CONTAINER),
    },
  );
  const secrets = resolveSecrets(tasks.secrets);
  await unsaid(secrets, () => offer(job, [withSurroundings(task, tasks, secrets)]));
  return { submitted: true, waitSeconds: 0 };
}

/** Commits the attempt after one that has ended, if that failed and the rule has such failures tried again. */
async function again(
  run: string,
  last: MergeAttempt,
  { task, rule }: { task: { failure: TaskFailure | null }; rule: RetryRule },
): Promise<Activities['merge']['output']> {
  const { failure } = judgeMerge(await mergeEvidence(run, last.attempt), task.failure);
  if (!failure || !goesAgain(rule, failure, last.tried)) return NONE;
  const seconds = backoffSeconds(rule, last.tried);
  const next = await commitMerge(run, last.generation, last, Date.now() + seconds * 1000);
  // Never 0: what follows is another turn of this step.
  return { submitted: false, waitSeconds: Math.max(0.1, (next.notBefore - Date.now()) / 1000) };
}
