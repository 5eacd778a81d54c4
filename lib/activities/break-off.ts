import { updateRun } from '../store/runs.ts';
import type { Activities } from './contract.ts';

/** Ends a run without a manifest, since what its manifest would be made from is not to be read; a run that has ended stays. */
export async function breakOff({
  run,
  epoch,
  error,
}: Activities['breakOff']['input']): Promise<null> {
  await updateRun({ run, epoch }, (record) =>
    record.status === 'Running'
      ? {
          ...record,
          status: 'Failed',
          verdict: 'Failed',
          error,
          endedAt: new Date().toISOString(),
          closing: null,
        }
      : record,
  );
  return null;
}
