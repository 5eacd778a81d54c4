import { isLaterVersion } from './drop.ts';

/** A drop that waits: `arrivedAt` in milliseconds since 1970, the name of its blob, and its version. */
export interface Waiting {
  name: string;
  sequencer: string;
  arrivedAt: number;
}

export interface WindowRule {
  /** Seconds without a new drop after which the window closes. */
  settle: number;
  /** Seconds after the first drop at which it closes whatever happens. */
  maxWait: number;
  /** Drops at which it closes at once. */
  maxItems: number;
}

/** What to do with the drops that wait: take some now, give up older versions, or look again later. */
export interface WindowVerdict<T> {
  take: T[];
  superseded: T[];
  /** Seconds until the window may close; null when nothing waits. */
  waitSeconds: number | null;
}

/** Decides whether the drops that wait become a run now. */
export function closeWindow<T extends Waiting>(
  waiting: readonly T[],
  rule: WindowRule,
  now: number,
): WindowVerdict<T> {
  if (waiting.length === 0) return { take: [], superseded: [], waitSeconds: null };
  const { newest, superseded } = newestVersions(waiting);
  const waitSeconds = secondsLeft(newest, rule, now);
  if (waitSeconds > 0 && newest.length < rule.maxItems) {
    return { take: [], superseded, waitSeconds };
  }
  const oldestFirst = newest.toSorted((a, b) => a.arrivedAt - b.arrivedAt);
  return { take: oldestFirst.slice(0, rule.maxItems), superseded, waitSeconds: 0 };
}

/** Of several waiting versions of one blob only the newest is worth a run. */
function newestVersions<T extends Waiting>(waiting: readonly T[]) {
  const newest = new Map<string, T>();
  const superseded: T[] = [];
  for (const drop of waiting) {
    const other = newest.get(drop.name);
    const later = !other || isLater(drop, other) ? drop : other;
    if (other) superseded.push(later === drop ? other : drop);
    newest.set(drop.name, later);
  }
  return { newest: [...newest.values()], superseded };
}

function isLater(a: Waiting, b: Waiting): boolean {
  return isLaterVersion(a.sequencer, b.sequencer, a.arrivedAt > b.arrivedAt);
}

function secondsLeft(waiting: readonly Waiting[], rule: WindowRule, now: number): number {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { arrivedAt } of waiting) {
    first = Math.min(first, arrivedAt);
    last = Math.max(last, arrivedAt);
  }
  const closesAt = Math.min(last + rule.settle * 1000, first + rule.maxWait * 1000);
  return Math.max(0, (closesAt - now) / 1000);
}
