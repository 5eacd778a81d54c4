import { expect, test } from 'vitest';
import { SIMULATED, simulate, sum } from '../bench/calls.ts';
import { startGated } from '../chaos/gated.ts';

test('a run of a thousand tasks takes the calls that it may, and a short history', async () => {
  const sluice = await startGated({ simulation: SIMULATED });
  try {
    const { status, operations, listings, minutes, history } = await simulate(sluice, 1000);
    expect(status).toBe('Succeeded');
    // One look a minute is on top; a machine that is busy takes more of them.
    const looks = Math.ceil(minutes);
    expect(sum(operations) + listings).toBeLessThanOrEqual(30 + looks);
    expect(history.length).toBeLessThanOrEqual(1000);
  } finally {
    await sluice.close();
  }
}, 120_000);
