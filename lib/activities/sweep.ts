import type { DurableClient } from 'durable-functions';
import { messageOf } from '../errors.ts';
import { runInstance } from '../plan/ids.ts';
import { hasPending, listOpenClaims } from '../store/ledger.ts';
import { listPipelines } from '../store/pipelines.ts';
import { getRun, listActive } from '../store/runs.ts';
import { carryOut } from './collect.ts';
import { isLive, poke, startRun } from './durable.ts';

/** Finishes what a crash or a lost poke left lying: open claims, drops without a collector, runs without an instance. */
export async function sweep(client: DurableClient, warn: (message: string) => void): Promise<void> {
  const guarded = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      warn(`Sweep: ${what}: ${messageOf(error)}; the next sweep tries again.`);
    }
  };
  for (const claim of await listOpenClaims()) {
    await guarded(`finishing the claim of run ${claim.run}`, () => carryOut(claim, client));
  }
  for (const { name } of await listPipelines()) {
    await guarded(`waking the collector of ${name}`, async () => {
      if (await hasPending(name)) await poke(client, name);
    });
  }
  for (const run of await listActive()) {
    await guarded(`looking at run ${run}`, () => reviveRun(run, client));
  }
}

/** A run whose record was written but whose instance never came to be is started. */
async function reviveRun(run: string, client: DurableClient): Promise<void> {
  const record = await getRun(run);
  if (record.status !== 'Running') return;
  if (await isLive(client, runInstance(run, record.epoch))) return;
  await startRun(client, record);
}
