import { batchCode } from '../azure/batch.ts';
import { ensureJob } from '../azure/jobs.ts';
import { ownerMetadata } from '../azure/owner.ts';
import { ensurePool } from '../azure/pools.ts';
import { SluiceError } from '../errors.ts';
import { noRoom } from '../plan/capacity.ts';
import { isoDuration } from '../plan/duration.ts';
import { jobName } from '../plan/ids.ts';
import { nodeImage } from '../plan/images.ts';
import { getOwnRun, setProgress } from '../store/runs.ts';
import { waitForCapacity } from './capacity.ts';
import type { Activities, RunRef } from './contract.ts';
import { runPipeline, runPlan } from './plan.ts';

/** A job ends by itself after this, whatever happened to us; Batch allows tasks 180 days. */
const JOB_LIMIT_SECONDS = 30 * 86_400;
/** What is left of a run in Batch a day after that is nobody's. */
const EXPIRES_AFTER_SECONDS = JOB_LIMIT_SECONDS + 86_400;
/** Names that a run tries for its job before it gives up. */
const JOB_NAMES = 9;

/** Makes the run's own pool, sized by the plan. */
export async function openPool(ref: RunRef): Promise<Activities['openPool']['output']> {
  await getOwnRun(ref);
  await setProgress(ref, { phase: 'pool' });
  const { pipeline } = await runPipeline(ref.run);
  const { pool } = await runPlan(ref.run);
  const spec = {
    id: ref.run,
    vmSize: pipeline.pool.vmSize,
    virtualMachineConfiguration: nodeImage(pipeline.pool.image),
    targetDedicatedNodes: pool.nodes,
    taskSlotsPerNode: pipeline.pool.slots,
    metadata: ownerMetadata(ref.run, expiry()),
  };
  return { opened: await unlessFull(ref, () => ensurePool(spec, ref.run)) };
}

/** Does what needs room in the Batch account; false, and shown, when there is none at the moment. */
async function unlessFull(ref: RunRef, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const message = noRoom(batchCode(error));
    if (message === null) throw error;
    const { maxWait } = (await runPipeline(ref.run)).pipeline.pool;
    const need = (await runPlan(ref.run)).pool.nodes;
    await waitForCapacity(ref, { have: 0, need, message }, { maxWait, now: Date.now() });
    return false;
  }
}

/** Makes the run's job; a name that something else has is passed over. */
export async function openJob(ref: RunRef): Promise<Activities['openJob']['output']> {
  await getOwnRun(ref);
  for (let n = 1; n <= JOB_NAMES; n++) {
    const job = jobName(ref.run, n);
    const spec = {
      id: job,
      poolInfo: { poolId: ref.run },
      onAllTasksComplete: 'noaction' as const,
      constraints: { maxTaskRetryCount: 0, maxWallClockTime: isoDuration(JOB_LIMIT_SECONDS) },
      metadata: ownerMetadata(ref.run, expiry()),
    };
    let ours = false;
    const room = await unlessFull(ref, async () => {
      ours = await ensureJob(spec, ref.run);
    });
    if (!room) return { job: null };
    if (ours) return { job };
  }
  throw new SluiceError(
    'BatchRefused',
    `The names ${ref.run}-j1 to -j${JOB_NAMES} belong to jobs that are not this run's.`,
  );
}

function expiry(): Date {
  return new Date(Date.now() + EXPIRES_AFTER_SECONDS * 1000);
}
