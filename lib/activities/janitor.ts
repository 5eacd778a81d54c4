import type { DurableClient } from 'durable-functions';
import { getSettings } from '../azure/settings.ts';
import { abandoned, adoptionsInARow, careFor, type Care } from '../plan/adoption.ts';
import { runInstance } from '../plan/ids.ts';
import type { RunRecord } from '../plan/run.ts';
import { adopt, findRun, getProgress, isActive, retire } from '../store/runs.ts';
import { drive, instanceState, stopInstance } from './durable.ts';
import { tearDown } from './tear-down.ts';

/** Milliseconds that a mark of an active run may stand without the run's record. */
const MARK_WITHOUT_RECORD = 3_600_000;

/**
 * Looks after one run that is not cleaned up: an instance that never came is started, one that is gone, failed or stuck
 * is replaced under the next epoch, and a run that no instance could drive is ended from here. Returns what it did.
 */
export async function tendRun(
  { run, since }: { run: string; since: number },
  client: DurableClient,
  now: number,
): Promise<string | null> {
  const record = await findRun(run);
  if (!record) {
    if (now - since > MARK_WITHOUT_RECORD) await retire({ run, epoch: Number.POSITIVE_INFINITY });
    return null;
  }
  const care = await careOf(record, client, now);
  // It may have been cleaned up since it was listed; its instance has ended for a good reason then.
  if (care.do === 'leave' || !(await isActive(run))) return null;
  if (care.do === 'start') await drive(client, record);
  else await takeOver(record, care, { client, now });
  return care.do === 'start'
    ? 'its instance was started'
    : `${WORDS[care.do]}, since ${care.reason}`;
}

const WORDS = { adopt: 'a new instance drives it', tearDown: 'it is torn down' };

async function careOf(record: RunRecord, client: DurableClient, now: number): Promise<Care> {
  const instance = await instanceState(client, runInstance(record.id, record.epoch));
  const begun = instance !== null || (await getProgress(record.id))?.epoch === record.epoch;
  const stalledAfter = getSettings().stalledAfterSeconds * 1000;
  return careFor({ record, instance, begun, stalledAfter, now });
}

/** Fences off the old instance first; only then does anybody else touch the run. */
async function takeOver(
  record: RunRecord,
  care: { do: 'adopt' | 'tearDown'; reason: string },
  { client, now }: { client: DurableClient; now: number },
): Promise<void> {
  const count = adoptionsInARow(record.adopted, now) + 1;
  const adopted = { at: new Date(now).toISOString(), count, reason: care.reason };
  // From the record as it is by then: its instance may have begun to end it since it was looked at.
  const lost = ({ closing }: RunRecord): RunRecord['closing'] => ({
    job: closing?.job ?? null,
    error: closing?.error?.code === 'Abandoned' ? closing.error : abandoned(care.reason),
  });
  const taken = await adopt(record, adopted, care.do === 'adopt' ? undefined : lost);
  if (!taken) return;
  await stopInstance(client, runInstance(record.id, record.epoch));
  if (care.do === 'adopt') await drive(client, taken);
  else await tearDown(taken);
}
