import { expect, test } from 'vitest';
import { until } from '../e2e/harness.ts';
import { POINTS, SEED, type Side, SIDES } from './crashes.ts';
import { type Gated, instanceStatus } from './gated.ts';
import { LONG } from './long.ts';
import { seeded } from './random.ts';
import { MERGED, runThrough, withSite } from './ten-items.ts';

/** Commits of the host in such a run, at least. */
const COMMITS = 45;

// One after the other: the host takes where it is killed from the environment of this process.
test.each(SIDES)(
  'a run whose host is killed %s any of its durable commits comes to the same',
  (side) =>
    withSite(async (site) => {
      const calm = await runThrough(site, 'calm');
      expect(calm.outcome.merged).toBe(MERGED);
      let deaths = 0;
      for (const point of pointsOf(side)) {
        const armed = await killAt(site.sluice, `${side}:${point}`);
        const { id, outcome } = await runThrough(site, `${side}-${point}`);
        expect({ point, ...outcome }).toEqual({ point, ...calm.outcome });
        await isAtRest(site.sluice, id);
        if (site.sluice.pidOf('host') === armed) break;
        deaths++;
      }
      expect(deaths).toBeGreaterThan(POINTS < COMMITS ? 0 : COMMITS / 2);
    }),
  LONG ? 3_600_000 : 120_000,
);

/** Has the host killed at a commit from now on, once; settles with its process when that is up. */
async function killAt(sluice: Gated, setting: string): Promise<number> {
  const before = sluice.pidOf('host');
  process.env['FUNCTIONS_HOST_KILL_AT'] = setting;
  process.kill(before, 'SIGKILL');
  try {
    return await until('the host is up again', async () => {
      const pid = sluice.pidOf('host');
      return pid === before ? null : pid;
    });
  } finally {
    delete process.env['FUNCTIONS_HOST_KILL_AT'];
  }
}

/** A run is over before its instance has made its last commit. */
async function isAtRest({ urls }: Gated, run: string): Promise<void> {
  await until(`the instance of ${run} has ended`, async () => {
    const status = await instanceStatus(urls.host, `${run}-e1`).catch(() => null);
    return status === 'Completed' ? status : null;
  });
}

/** Every commit until the host outlives a run; or so many, spread evenly. */
function* pointsOf(side: Side): Generator<number> {
  const step = Math.max(1, Math.floor(COMMITS / POINTS));
  const random = seeded(SEED * 2 + Number(side === 'after'));
  for (let n = 0; n < POINTS; n++) yield 1 + Math.floor((n + random()) * step);
}
