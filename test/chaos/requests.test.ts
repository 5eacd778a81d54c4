import { expect, test } from 'vitest';
import { crash, pointsOf, SIDES } from './crashes.ts';
import { LONG } from './long.ts';
import { MERGED, runThrough, withSite } from './ten-items.ts';

test.concurrent.each(SIDES)(
  'a run whose app is killed %s any of its requests reached its service comes to the same',
  (side) =>
    withSite(async (site) => {
      const calm = await runThrough(site, 'calm');
      expect(calm.outcome.merged).toBe(MERGED);
      expect(calm.seen.length).toBeGreaterThan(50);
      for (const point of pointsOf(side, calm.seen.length)) {
        const host = site.sluice.pidOf('host');
        const { outcome, seen } = await runThrough(site, `${side}-${point}`, (request) =>
          request === point ? crash(side, host) : 'forward',
        );
        const at = seen[point - 1];
        expect({ point, at, ...outcome }).toEqual({ point, at, ...calm.outcome });
      }
    }),
  LONG ? 3_600_000 : 120_000,
);
