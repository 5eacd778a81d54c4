import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limitNodes } from '../../../../local/batch/faults/allocation.ts';
import { Faults } from '../../../../local/batch/faults/faults.ts';
import { calm, readKnobs } from '../../../../local/batch/faults/knobs.ts';
import { minutesUntil } from '../../../../local/batch/faults/node-faults.ts';
import { createRandom } from '../../../../local/batch/faults/random.ts';
import { coresOf } from '../../../../local/batch/faults/vm-cores.ts';

/** The property that an error names. */
function refused(given: unknown): unknown {
  try {
    readKnobs(given);
  } catch (error) {
    return (error as { values: { key: string; value: string }[] }).values.find(
      ({ key }) => key === 'PropertyName',
    )?.value;
  }
  return undefined;
}

describe('the description of the knobs', () => {
  test('nothing given is nothing wrong', () => {
    expect(readKnobs({})).toEqual(calm);
  });

  test.each([
    [{ colour: 1 }, 'colour'],
    [{ quotas: { gpus: 1 } }, 'quotas.gpus'],
    [{ quotas: { pools: -1 } }, 'quotas.pools'],
    [{ seed: 0.5 }, 'seed'],
    [{ nodes: { preemptionPerMinute: 1.5 } }, 'nodes.preemptionPerMinute'],
    [{ nodes: { preemptionPerMinute: '1' } }, 'nodes.preemptionPerMinute'],
    [{ counts: { lag: '10 s' } }, 'counts.lag'],
    [{ lists: { shuffled: 'yes' } }, 'lists.shuffled'],
    [{ allocation: [{ error: 'Oops' }] }, 'allocation[0].error'],
    [{ requests: [{ probability: 1 }] }, 'requests[0]'],
    [{ requests: [{ status: 429, reset: 'before' }] }, 'requests[0]'],
    [{ requests: [{ status: 418 }] }, 'requests[0].status'],
    [{ requests: [{ operations: ['Nope'], status: 429 }] }, 'requests[0].operations[0]'],
    [{ requests: [{ reset: 'before', retryAfter: 1 }] }, 'requests[0].retryAfter'],
    [
      { requests: [{ operations: ['Job_Add'], partial: { serverError: 1 } }] },
      'requests[0].operations',
    ],
    [{ kill: { beforeCommit: 0 } }, 'kill.beforeCommit'],
  ])('%j is refused by name', (given, name) => {
    expect(refused(given)).toBe(name);
  });

  test('what is given is read', () => {
    const knobs = readKnobs({
      seed: 3,
      allocation: [{ vmSize: 'Standard_D2as_v5', delay: 'PT2M', capacity: 4 }],
      counts: { lag: 'PT10S' },
      requests: [
        { operations: ['Job_Get'], status: 429, retryAfter: 2, times: 1 },
        { partial: { taskExists: 0.5 } },
      ],
    });
    expect(knobs).toMatchObject({
      seed: 3,
      allocation: [{ delay: 120_000, capacity: 4, error: 'AllocationFailed' }],
      countsLag: 10_000,
      requests: [
        { probability: 1, times: 1, effect: { kind: 'status', status: 429, retryAfter: 2 } },
        { operations: ['Task_AddCollection'], effect: { kind: 'partial' } },
      ],
    });
  });
});

describe('the dice', () => {
  test('the same seed throws the same, another seed does not, and knobs do not share dice', () => {
    const take = (...names: [number, ...string[]]): number[] => {
      const random = createRandom(...names);
      return Array.from({ length: 5 }, () => random());
    };
    expect(take(1, 'a')).toEqual(take(1, 'a'));
    expect(take(1, 'a')).not.toEqual(take(2, 'a'));
    expect(take(1, 'a')).not.toEqual(take(1, 'b'));
  });

  test('a probability comes out about as often as it says', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, chance) => {
        const random = createRandom(seed, 'x');
        const hits = Array.from({ length: 2000 }, () => random() < chance).filter(Boolean).length;
        expect(Math.abs(hits / 2000 - chance)).toBeLessThan(0.08);
      }),
      { numRuns: 50 },
    );
  });

  test('a request knob happens at most as often as it may', () => {
    const faults = new Faults();
    faults.set({ requests: [{ status: 503, times: 2 }] });
    const effects = Array.from({ length: 5 }, () => faults.onRequest('Job_Get').effect?.kind);
    expect(effects).toEqual(['status', 'status', undefined, undefined, undefined]);
  });

  test('latencies add up, and come before what else happens', () => {
    const faults = new Faults();
    faults.set({
      requests: [{ latency: 'PT0.1S' }, { latency: 'PT0.2S' }, { status: 429 }, { status: 503 }],
    });
    const { latency, effect } = faults.onRequest('Pool_Get');
    expect(latency).toBeCloseTo(300);
    expect(effect).toMatchObject({ status: 429 });
  });

  test('of nodes with a probability per minute, so many are left after a minute', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (probability) => {
        // Those drawn below the probability fall within the first minute.
        expect(minutesUntil(probability, probability * 0.999)).toBeLessThan(1);
        expect(minutesUntil(probability, probability + 0.001 * (1 - probability))).toBeGreaterThan(
          1,
        );
      }),
    );
  });
});

describe('allocation', () => {
  test.each([
    ['Standard_D2as_v5', 2],
    ['STANDARD_D1', 1],
    ['standard_d14_v2', 16],
    ['Standard_D4s_v3', 4],
    ['Standard_D11', 2],
    ['Standard_A1_v2', 1],
    ['Standard_F16s_v2', 16],
    ['Standard_M128ms', 128],
    ['Standard_NC6', 6],
    ['Basic_A3', 3],
    ['odd', 1],
  ])('%s has %i cores', (size, cores) => {
    expect(coresOf(size)).toBe(cores);
  });

  const limits = {
    wanted: 5,
    cores: 2,
    coresInUse: 0,
    quota: Infinity,
    quotaError: 'AccountCoreQuotaReached',
    capacity: Infinity,
    capacityError: 'AllocationFailed',
  };
  test.each([
    [{}, 5, undefined],
    [{ quota: 7 }, 3, 'AccountCoreQuotaReached'],
    [{ quota: 7, coresInUse: 8 }, 0, 'AccountCoreQuotaReached'],
    [{ capacity: 2 }, 2, 'AllocationFailed'],
    [{ capacity: -1 }, 0, 'AllocationFailed'],
    [{ capacity: 1, capacityError: 'AllocationTimedout' }, 1, 'AllocationTimedout'],
  ])('with %j five wanted nodes come to %i', (change, nodes, code) => {
    const grant = limitNodes({ ...limits, ...change });
    expect(grant.nodes).toBe(nodes);
    expect(grant.errors[0]?.code).toBe(code);
  });
});
