import type { RunError, RunRecord } from './run.ts';

/** A durable instance as the platform tells of it; `movedAt`, when it last did anything, in milliseconds since 1970. */
export interface InstanceState {
  status: string;
  movedAt: number;
}

/** What a run that is not yet cleaned up needs from outside; reasons are sentences without a full stop. */
export type Care =
  | { do: 'leave' }
  /** Its instance never came to be: start it. */
  | { do: 'start' }
  /** Whoever drove it does so no more: raise the epoch and let a new instance take over. */
  | { do: 'adopt'; reason: string }
  /** New instances did not help: end it from here. */
  | { do: 'tearDown'; reason: string };

/** Adoptions in a row that may fail before a run is torn down. */
export const MOST_ADOPTIONS = 5;
/** Milliseconds after which an adoption has evidently helped, and the next one is a new matter. */
const HELPED_AFTER = 3_600_000;

const LIVE = new Set(['Pending', 'Running', 'ContinuedAsNew', 'Suspended']);

export interface CareQuestion {
  record: Pick<RunRecord, 'epoch' | 'adopted' | 'closing'>;
  /** Of the run's present epoch; null when the platform knows none. */
  instance: InstanceState | null;
  /** Whether an instance of the present epoch has left a trace. */
  begun: boolean;
  /** Milliseconds without a move after which an instance counts as stuck. */
  stalledAfter: number;
  now: number;
}

/** Decides what becomes of a run whose work is not done. */
export function careFor({ record, instance, begun, stalledAfter, now }: CareQuestion): Care {
  if (record.closing?.error?.code === 'Abandoned') {
    return { do: 'tearDown', reason: record.closing.error.message };
  }
  if (!instance && !begun) return { do: 'start' };
  const reason = whyLost(instance, { stalledAfter, now });
  if (reason === null) return { do: 'leave' };
  const tries = adoptionsInARow(record.adopted, now);
  return { do: tries < MOST_ADOPTIONS ? 'adopt' : 'tearDown', reason };
}

function whyLost(
  instance: InstanceState | null,
  { stalledAfter, now }: { stalledAfter: number; now: number },
): string | null {
  if (!instance) return 'its durable instance is gone';
  const { status, movedAt } = instance;
  if (!LIVE.has(status)) return `its durable instance is ${status} but its work is not done`;
  const minutes = Math.floor((now - movedAt) / 60_000);
  if (now - movedAt <= stalledAfter) return null;
  return `its durable instance is ${status} but has not moved for ${minutes} min`;
}

/** How many adoptions came one after the other without one that helped. */
export function adoptionsInARow(adopted: RunRecord['adopted'], now: number): number {
  return adopted && now - Date.parse(adopted.at) < HELPED_AFTER ? adopted.count : 0;
}

/** The error of a run that is torn down. */
export function abandoned(reason: string): RunError {
  const message = `Sluice took this run over ${MOST_ADOPTIONS} times and each time ${reason}; the log of the app says why. What had ended by then is in the manifest.`;
  return { code: 'Abandoned', message };
}
