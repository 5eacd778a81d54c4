import type { Verdict } from './gate.ts';
import { LONG } from './long.ts';
import { seeded } from './random.ts';

export type Side = 'before' | 'after';
/** `SLUICE_CHAOS=long` crashes on both sides of every point, or of so many; else after one. */
export const SIDES: Side[] = LONG ? ['before', 'after'] : ['after'];
export const POINTS = Number(
  process.env['SLUICE_CHAOS_POINTS'] ?? (LONG ? Number.POSITIVE_INFINITY : 1),
);
export const SEED = Number(process.env['SLUICE_CHAOS_SEED'] ?? 1);

/** Numbers from 1, spread evenly where not all are to be tried. */
export function pointsOf(side: Side, count: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  if (POINTS >= all.length) return all;
  const random = seeded(SEED * 2 + Number(side === 'after'));
  const share = all.length / POINTS;
  const chosen = Array.from({ length: POINTS }, (_, n) => all[Math.floor((n + random()) * share)]!);
  // Where two shares meet, both may choose the same; its key stands for a run that is over.
  return [...new Set(chosen)];
}

/** What a gate does with a request on one side of which the host is killed. */
export function crash(side: Side, host: number): Verdict {
  const kill = (): void => void process.kill(host, 'SIGKILL');
  if (side === 'after') return { swallowed: kill };
  kill();
  // Nobody is there to read this.
  return { status: 503 };
}
