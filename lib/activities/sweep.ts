import type { DurableClient } from 'durable-functions';
import { messageOf } from '../errors.ts';
import { listOpenClaims } from '../store/claims.ts';
import { hasPending } from '../store/ledger.ts';
import { listPipelines } from '../store/pipelines.ts';
import { listActive } from '../store/runs.ts';
import { carryOut, mustGather } from './collect.ts';
import { poke } from './durable.ts';
import { tendRun } from './janitor.ts';

/** Finishes what a crash or a lost poke left lying: open claims, drops without a collector, runs without an instance. */
export async function sweep(client: DurableClient, warn: (message: string) => void): Promise<void> {
  const guarded = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      warn(`Sweep: ${what}: ${messageOf(error)}; the next sweep tries again.`);
    }
  };
  await guarded('looking for open claims', async () => {
    for (const claim of await listOpenClaims()) {
      await guarded(`finishing the claim of run ${claim.run}`, () => carryOut(claim, client));
    }
  });
  await guarded('looking for drops that wait', async () => {
    for (const stored of await listPipelines()) {
      const { name } = stored;
      await guarded(`waking the collector of ${name}`, async () => {
        if ((await hasPending(name)) && !(await mustGather(stored))) await poke(client, name);
      });
    }
  });
  await guarded('looking for active runs', async () => {
    for (const active of await listActive()) {
      await guarded(`looking after run ${active.run}`, async () => {
        const done = await tendRun(active, client, Date.now());
        if (done) warn(`Run ${active.run}: ${done}.`);
      });
    }
  });
}
