import { SluiceError } from '../errors.ts';
import type { Waiting } from '../plan/run.ts';
import { getProgress, setProgress } from '../store/runs.ts';
import type { RunRef } from './contract.ts';

/** Shows that a run waits for nodes. Throws `NoCapacity` once it has waited for its first one longer than `maxWait` seconds. */
export async function waitForCapacity(
  ref: RunRef,
  lacking: Omit<Waiting, 'for' | 'since'>,
  { maxWait, now }: { maxWait: number | undefined; now: number },
): Promise<void> {
  const before = (await getProgress(ref.run))?.waiting;
  const since = before?.since ?? new Date(now).toISOString();
  await setProgress(ref, { waiting: { for: 'WaitingForCapacity', ...lacking, since } });
  const waited = (now - Date.parse(since)) / 1000;
  if (maxWait === undefined || lacking.have > 0 || waited < maxWait) return;
  throw new SluiceError(
    'NoCapacity',
    `No node came within the ${maxWait} s of pool.maxWait: ${lacking.message}.`,
  );
}

/** Shows that a run waits for nodes no more. */
export async function stopWaiting(ref: RunRef): Promise<void> {
  if ((await getProgress(ref.run))?.waiting) await setProgress(ref, { waiting: null });
}
