import type { DurableClient } from 'durable-functions';
import { addressable } from '../azure/sas.ts';
import { type BlobEvent, dropOf, matches } from '../plan/drop.ts';
import { recordDrop } from '../store/ledger.ts';
import { listPipelines } from '../store/pipelines.ts';
import { poke } from './durable.ts';

/** Takes note of a committed blob for every pipeline that watches it, before the event is answered. */
export async function receiveDrop(
  event: BlobEvent,
  client: DurableClient,
  now: number,
): Promise<void> {
  const drop = dropOf(event);
  if (!drop) return;
  const watching = (await listPipelines()).filter(({ pipeline }) =>
    matches(pipeline.on.drop, drop),
  );
  const setAside = addressable(drop.name)
    ? null
    : `the storage client cannot address a blob of this name: ${JSON.stringify(drop.name)}`;
  for (const { name } of watching) {
    const row = await recordDrop(name, drop, { now, setAside });
    if (row.state === 'pending') await poke(client, name);
  }
}
