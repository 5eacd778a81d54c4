import type { DurableClient } from 'durable-functions';
import { hasPending } from '../store/ledger.ts';
import { pauseOf, unpause } from '../store/pauses.ts';
import type { StoredPipeline } from '../store/pipelines.ts';
import { setScheduledUpTo } from '../store/schedules.ts';
import { poke } from './durable.ts';

/** Lets a paused pipeline go on: its drops become runs; times of its schedule that passed are not made up for. */
export async function resume(
  { name, pipeline }: StoredPipeline,
  client: DurableClient,
  now: number,
): Promise<void> {
  if ((await pauseOf(name)) === null) return;
  if (pipeline.on.schedule) await setScheduledUpTo(name, new Date(now).toISOString());
  await unpause(name);
  if (await hasPending(name)) await poke(client, name);
}
