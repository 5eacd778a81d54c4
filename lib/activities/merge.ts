import { signer } from '../azure/sas.ts';
import type { Manifest, ManifestMerge } from '../plan/manifest.ts';
import { CONTROL_CONTAINER, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { toleratedFailures } from '../plan/plan.ts';
import { mergeTask } from '../plan/task-spec.ts';
import { runPipeline } from '../store/plans.ts';
import { getOwnRun, readRunJson, setProgress } from '../store/runs.ts';
import type { Activities, JobRef } from './contract.ts';
import { acceptedFile, type Settled, settledFile } from './decide.ts';
import { previousManifest } from './plan-redrive.ts';
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

/** Adds the merge task over the accepted outputs, unless there is none, failures forbid it, or it was done before. */
export async function merge({ run, epoch, job }: JobRef): Promise<Activities['merge']['output']> {
  const { generation } = await getOwnRun({ run, epoch });
  const { pipeline } = await runPipeline(run);
  const settled = await readRunJson<Settled>(run, settledFile(generation));
  if (!pipeline.merge || !settled) return { submitted: false };
  const tolerated = toleratedFailures(pipeline, settled.succeeded + settled.failed);
  if (mergeSkipped(settled, tolerated) !== null) return { submitted: false };
  const previous = generation === 1 ? null : await previousManifest(run, generation);
  if (keptMerge(previous, settled)) return { submitted: false };
  await setProgress({ run, epoch }, { phase: 'merge' });
  const sign = await signer(new Date());
  const task = mergeTask(
    pipeline.merge,
    { run, attempt: generation },
    {
      script: sign.readBlob(CONTROL_CONTAINER, `runs/${run}/merge.sh`),
      accepted: sign.readBlob(CONTROL_CONTAINER, `runs/${run}/${acceptedFile(settled)}`),
      outputs: sign.readContainer(WORK_CONTAINER),
      work: sign.writeContainer(WORK_CONTAINER),
    },
  );
  await offer(job, [task]);
  return { submitted: true };
}
