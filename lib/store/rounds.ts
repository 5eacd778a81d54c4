import { runPlan } from './plans.ts';
import { type Plan, type PlannedTask, type Round, type Slab } from '../plan/plan.ts';
import { commitJson, readRunJson, readRunLines } from './runs.ts';

/** Every round of a run, the plan as the first one, in order. */
export async function listRounds(run: string): Promise<Round[]> {
  const rounds = [asRound(await runPlan(run))];
  for (;;) {
    const next = await readRound(run, rounds.length + 1);
    if (!next) return rounds;
    rounds.push(next);
  }
}

/** A round after the first; null until it is committed. */
export function readRound(run: string, round: number): Promise<Round | null> {
  return readRunJson<Round>(run, `rounds/${round}.json`);
}

/** Commits a round first wins; returns the one that stands. */
export function commitRound(run: string, round: Round): Promise<Round> {
  return commitJson(run, `rounds/${round.round}.json`, round);
}

/** The tasks of a slab. */
export function readSlab(run: string, slab: Slab): Promise<PlannedTask[]> {
  return readRunLines<PlannedTask>(run, slab.blob);
}

function asRound({ slabs }: Plan): Round {
  return { round: 1, generation: 1, reason: 'the plan', slabs, notBefore: 0 };
}
