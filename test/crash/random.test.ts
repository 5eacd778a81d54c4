import { expect, it } from 'vitest';
import { scenario } from './scenario.ts';
import { faults, type Death } from './verdict.ts';
import { eventually, type RunningHost } from '../local/host/support/running-host.ts';

const names = [...Array.from({ length: 1_000 }, (_, index) => `step-${index}`), 'last'];
const wanted = new Map(names.map((name) => [name, 1]));

const exhaustive = process.env['MODE'] === 'exhaustive';
const seeds = exhaustive ? Array.from({ length: 20 }, (_, index) => index + 1) : [1];
const kills = exhaustive ? 15 : 3;

it.each(seeds)(
  'a fan-out of 1,000 activities outlives random kills (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const { live, ledger, kept, remove } = scenario('thousandSteps');
    try {
      const deaths: Death[] = [];
      let end;
      while (!end) {
        end = await live(...nextKill(deaths.length < kills, random, ledger));
        if (!end) deaths.push({ ledger: ledger(), kept: kept() });
      }
      expect(end).toMatchObject({ runtimeStatus: 'Completed', output: names });
      expect(deaths.length).toBeGreaterThan(0);
      expect(faults(wanted, deaths, ledger())).toEqual([]);
    } finally {
      remove();
    }
  },
  900_000,
);

type Kill = [killAt: string, killer?: (host: RunningHost) => Promise<void>];

/** By turns at one of the next commits, and from outside once some more activities have begun. */
function nextKill(wants: boolean, random: () => number, ledger: () => Map<string, number>): Kill {
  if (!wants) return [''];
  const many = Math.ceil(random() * 12);
  if (random() < 0.5) return [`${random() < 0.5 ? 'before' : 'after'}:${many}`];
  const begun = (): number => [...ledger().values()].reduce((sum, runs) => sum + runs, 0);
  const enough = begun() + Math.floor(random() * 200);
  return [
    '',
    async (host) => {
      await eventually(begun, (seen) => seen >= enough || host.process.exitCode !== null);
      host.process.kill('SIGKILL');
    },
  ];
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
