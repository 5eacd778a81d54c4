import { describe, expect, test } from 'vitest';
import { readPrices } from '../../../lib/plan/prices.ts';
import { judgeQuota, type InUse, type Quota } from '../../../lib/plan/quota.ts';
import { readVmSize } from '../../../lib/plan/vm-size.ts';

describe('the name of a VM size tells its cores and its family', () => {
  test.each([
    ['Standard_D2as_v5', 2, 'standarddasv5family'],
    ['STANDARD_D64S_V3', 64, 'standarddsv3family'],
    ['Standard_F4s_v2', 4, 'standardfsv2family'],
    ['Standard_A1', 1, 'standardafamily'],
    ['Standard_E8-4s_v5', 8, 'standardesv5family'],
    ['Standard_NC24ads_A100_v4', 24, 'standardncadsa100v4family'],
    ['Basic_A2', 2, 'basicafamily'],
  ])('%s', (name, cores, family) => {
    expect(readVmSize(name)).toEqual({ cores, family });
  });

  test('a name of another form tells nothing', () => {
    expect(readVmSize('large')).toBeNull();
  });
});

const quota: Quota = {
  dedicatedCores: 20,
  lowPriorityCores: 8,
  families: null,
  pools: 3,
  activeJobs: 5,
};
const none: InUse = { pools: [], activeJobs: 0 };
const busy = (dedicated: number): InUse => ({
  pools: [{ vmSize: 'Standard_F4s_v2', dedicated, lowPriority: 0 }],
  activeJobs: 1,
});

describe('a run of five nodes of two cores', () => {
  test.each([
    ['fits an account with nothing in it', quota, none, 'fits'],
    ['fits into the very last cores', { ...quota, dedicatedCores: 10 }, none, 'fits'],
    ['gets fewer nodes beside a large pool', quota, busy(3), 'fewer'],
    ['waits beside a pool that has everything', quota, busy(5), 'waits'],
    ['never runs where one node is too much', { ...quota, dedicatedCores: 1 }, none, 'never'],
    ['waits where there may be no more pools', { ...quota, pools: 1 }, busy(1), 'waits'],
    ['waits where there may be no more jobs', { ...quota, activeJobs: 1 }, busy(1), 'waits'],
    [
      'gets fewer nodes where its family has little',
      { ...quota, families: new Map([['standarddasv5family', 4]]) },
      none,
      'fewer',
    ],
    [
      'never runs where its family has nothing',
      { ...quota, families: new Map([['standarddasv5family', 0]]) },
      none,
      'never',
    ],
    [
      'goes by the sum where its family is not told of',
      { ...quota, families: new Map() },
      none,
      'fits',
    ],
  ])('%s', (_, has, inUse, verdict) => {
    const want = { vmSize: 'Standard_D2as_v5', spot: false, nodes: 5 };
    expect(judgeQuota(want, has, inUse).verdict).toBe(verdict);
  });
});

test('spot nodes count against a quota of their own', () => {
  const want = { vmSize: 'Standard_D2as_v5', spot: true, nodes: 5 };
  const verdict = judgeQuota(want, quota, busy(5));
  expect(verdict).toMatchObject({ verdict: 'fewer', cores: { need: 10, inUse: 0, quota: 8 } });
});

test('prices go by the size of nodes, whatever its case, and by their kind', () => {
  const prices = readPrices(
    '{"currency":"EUR","nodeHour":{"Standard_D2as_v5":0.1},"spotNodeHour":{"Standard_D2as_v5":0.02}}',
  );
  expect(prices?.perNodeHour('STANDARD_D2AS_V5', false)).toBe(0.1);
  expect(prices?.perNodeHour('standard_d2as_v5', true)).toBe(0.02);
  expect(prices?.perNodeHour('Standard_F4s_v2', false)).toBeNull();
  expect(readPrices(undefined)).toBeNull();
  expect(() => readPrices('{"currency":"euro","nodeHour":{}}')).toThrow(/SLUICE_PRICES.*EUR/s);
});
