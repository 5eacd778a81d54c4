import { expect, test } from 'vitest';
import { SIMULATED, simulate, sum } from '../bench/calls.ts';
import { startGated } from '../chaos/gated.ts';

test('a run of a thousand tasks takes the calls that it may, and a short history', async () => {
  const sluice = await startGated({ simulation: SIMULATED });
  try {
    const { status, operations, listings, history } = await simulate(sluice, 1000);
    expect(status).toBe('Succeeded');
    expect(sum(operations) + listings).toBeLessThanOrEqual(30);
    expect(history.length).toBeLessThanOrEqual(1000);
  } finally {
    await sluice.close();
  }
}, 120_000);
