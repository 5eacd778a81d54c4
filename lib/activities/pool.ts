import { batchCode } from '../azure/batch.ts';
import { ensureJob } from '../azure/jobs.ts';
import { ownerMetadata } from '../azure/owner.ts';
import { ensurePool, nodeTargets } from '../azure/pools.ts';
import { SluiceError } from '../errors.ts';
import { noRoom } from '../plan/capacity.ts';
import { isoDuration } from '../plan/duration.ts';
import { jobName, jobNumbers } from '../plan/ids.ts';
import { poolSpec } from '../plan/pool-spec.ts';
import { runPipeline, runPlan } from '../store/plans.ts';
import { listRounds } from '../store/rounds.ts';
import { getOwnRun, getRun, setProgress } from '../store/runs.ts';
import { waitForCapacity } from './capacity.ts';
import type { Activities, RunRef } from './contract.ts';

/** A job ends by itself after this, whatever happened to us; Batch allows tasks 180 days. */
const JOB_LIMIT_SECONDS = 30 * 86_400;
/** What is left of a run in Batch a day after that is nobody's. */
const EXPIRES_AFTER_SECONDS = JOB_LIMIT_SECONDS + 86_400;

/** Makes the run's own pool, sized by the plan. */
export async function openPool(ref: RunRef): Promise<Activities['openPool']['output']> {
  await getOwnRun(ref);
  await setProgress(ref, { phase: 'pool' });
  const { pipeline } = await runPipeline(ref.run);
  const spec = {
    ...poolSpec(pipeline, ref.run),
    ...nodeTargets(pipeline.pool.nodes, await nodesFor(ref.run)),
    metadata: ownerMetadata(ref.run, expiry()),
  };
  return { opened: (await unlessFull(ref, () => ensurePool(spec, ref.run))) ?? false };
}

/** Does what needs room in the Batch account; null, and shown, when there is none at the moment. */
async function unlessFull(ref: RunRef, work: () => Promise<boolean>): Promise<boolean | null> {
  try {
    return await work();
  } catch (error) {
    const message = noRoom(batchCode(error));
    if (message === null) throw error;
    const { maxWait } = (await runPipeline(ref.run)).pipeline.pool;
    const need = await nodesFor(ref.run);
    await waitForCapacity(ref, { have: 0, need, message }, { maxWait, now: Date.now() });
    return null;
  }
}

/** How many nodes a run is to have: what its plan says, or the first round of its redrive. */
export async function nodesFor(run: string): Promise<number> {
  const { generation } = await getRun(run);
  if (generation === 1) return (await runPlan(run)).pool.nodes;
  const round = (await listRounds(run)).find((one) => one.generation === generation);
  return round?.nodes ?? 1;
}

/** Makes the run's job, a new one in each generation; a name that something else has is passed over. */
export async function openJob(ref: RunRef): Promise<Activities['openJob']['output']> {
  const { generation } = await getOwnRun(ref);
  const { first, last } = jobNumbers(generation);
  for (let n = first; n <= last; n++) {
    const job = jobName(ref.run, n);
    const spec = {
      id: job,
      poolInfo: { poolId: ref.run },
      onAllTasksComplete: 'noaction' as const,
      constraints: { maxTaskRetryCount: 0, maxWallClockTime: isoDuration(JOB_LIMIT_SECONDS) },
      metadata: ownerMetadata(ref.run, expiry()),
    };
    const ours = await unlessFull(ref, () => ensureJob(spec, ref.run));
    if (ours === null) return { job: null };
    if (ours) return { job };
  }
  throw new SluiceError(
    'BatchRefused',
    `The names ${ref.run}-j${first} to -j${last} belong to jobs that are not this run's.`,
  );
}

function expiry(): Date {
  return new Date(Date.now() + EXPIRES_AFTER_SECONDS * 1000);
}
