import { afterEach, expect, it } from 'vitest';
import { scenario, type Scenario } from './scenario.ts';
import { faults, type Death } from './verdict.ts';

const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
/** How many ends each activity has: five is tried twice. */
const wanted = new Map(names.map((name) => [name, name === 'five' ? 2 : 1]));

/** `npm run test:crash` tries every commit, `npm test` one in seven. */
const exhaustive = process.env['MODE'] === 'exhaustive';
const stride = exhaustive ? 1 : 7;
/** At which commit a host is killed that is killed in every life. */
const early = exhaustive ? 2 : 5;
const lanes = 4;

const scenarios: Scenario[] = [];
afterEach(() => scenarios.splice(0).forEach((each) => each.remove()));

function tenSteps(): Scenario {
  const made = scenario('tenSteps');
  scenarios.push(made);
  return made;
}

it.each(['before', 'after'])(
  'a host killed %s any one of its commits goes on where it was',
  async (side) => {
    let point = 1;
    let untouched = 0;
    const tryPoints = async (): Promise<void> => {
      while (untouched === 0) {
        const mine = point;
        point += stride;
        const killed = await killAt(`${side}:${mine}`);
        if (!killed) untouched = mine;
      }
    };
    await Promise.all(Array.from({ length: lanes }, tryPoints));
    expect(untouched).toBeGreaterThan(20);
  },
  900_000,
);

/** Kills the first host at a commit and lets the second one go on; false when the first got through. */
async function killAt(point: string): Promise<boolean> {
  const { live, ledger, kept } = tenSteps();
  const first = await live(point);
  const deaths: Death[] = first ? [] : [{ ledger: ledger(), kept: kept() }];
  const end = first ?? (await live(''));
  expect({ point, ...end }).toMatchObject({ point, runtimeStatus: 'Completed', output: names });
  expect({ point, faults: faults(wanted, deaths, ledger()) }).toEqual({ point, faults: [] });
  return !first;
}

it(`a host killed at its commit number ${early} in every life still gets to the end`, async () => {
  const { live, ledger, kept } = tenSteps();
  const deaths: Death[] = [];
  let end: Awaited<ReturnType<typeof live>>;
  while (!end) {
    end = await live(`before:${early}`);
    if (!end) deaths.push({ ledger: ledger(), kept: kept() });
    // Each life keeps a commit, so that there cannot be more of them than commits.
    expect(deaths.length).toBeLessThan(60);
  }
  expect(end.output).toEqual(names);
  expect(deaths.length).toBeGreaterThan(5);
  expect(faults(wanted, deaths, ledger())).toEqual([]);
}, 600_000);
