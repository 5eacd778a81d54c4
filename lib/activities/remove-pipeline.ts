import { SluiceError } from '../errors.ts';
import { listOpenClaims } from '../store/claims.ts';
import { eachLimited } from '../store/concurrency.ts';
import { IN_FLIGHT, listPending, setAside } from '../store/ledger.ts';
import { pause, pauseOf, repause, unpause } from '../store/pauses.ts';
import { getPipeline, removePipeline as removeFile } from '../store/pipelines.ts';
import { findRun, listActive } from '../store/runs.ts';
import { forgetSchedule } from '../store/schedules.ts';

/** The pause of a removal, also of one that was cut off: the next one goes on with it, and ends it. */
const REMOVAL = 'removal';

/**
 * Removes a pipeline that no run is going of; its past runs stay, and drops that waited are set aside. Throws
 * `Conflict` while it has runs under way.
 */
export async function removePipeline(pipeline: string, now: Date): Promise<void> {
  // Paused first, so that nothing begins between the look and the end.
  const pausedHere = await pause(pipeline, now, REMOVAL);
  const going = await runsUnderWay(pipeline);
  if (going.length > 0) {
    if (pausedHere) await unpause(pipeline);
    const some = going.slice(0, 3).join(', ') + (going.length > 3 ? ', …' : '');
    throw new SluiceError(
      'Conflict',
      `Pipeline ${pipeline} has ${going.length} run(s) under way (${some}); cancel them or wait until they have ended and are cleaned up.`,
    );
  }
  // Also in place of a person's pause: the mark by which a removal that is cut off here is finished.
  await repause(pipeline, now, REMOVAL);
  await removeFile(pipeline);
  await finishRemoval(pipeline);
}

/** Finishes a removal that was cut off once the pipeline's file was gone; whether there was one. */
export async function resumeRemoval(pipeline: string): Promise<boolean> {
  const cutOff = (await pauseOf(pipeline))?.id === REMOVAL && !(await getPipeline(pipeline));
  if (cutOff) await finishRemoval(pipeline);
  return cutOff;
}

async function finishRemoval(pipeline: string): Promise<void> {
  await eachLimited(await listPending(pipeline), IN_FLIGHT, ({ hash }) =>
    setAside(pipeline, hash, `its pipeline ${pipeline} was deleted while it waited`),
  );
  await forgetSchedule(pipeline);
  await unpause(pipeline);
}

async function runsUnderWay(pipeline: string): Promise<string[]> {
  const claimed = (await listOpenClaims(pipeline)).map(({ run }) => run);
  const going = new Set(claimed);
  for (const { run } of await listActive()) {
    if (run.startsWith(`${pipeline}-`) && (await findRun(run))?.pipeline === pipeline) {
      going.add(run);
    }
  }
  return [...going];
}
