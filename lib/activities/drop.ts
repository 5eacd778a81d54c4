import type { DurableClient } from 'durable-functions';
import { addressable } from '../azure/sas.ts';
import { type BlobEvent, dropOf, matches } from '../plan/drop.ts';
import { coalesced } from '../store/concurrency.ts';
import { recordDrop } from '../store/ledger.ts';
import { listPipelines } from '../store/pipelines.ts';
import { poke } from './durable.ts';

/** Events come in bursts, and one listing of the pipelines and one poke serve all that wait for them. */
const currentPipelines = coalesced(() => listPipelines());
const pokes = new Map<string, (client: DurableClient) => Promise<void>>();

/** Takes note of a committed blob for every pipeline that watches it, before the event is answered. */
export async function receiveDrop(
  event: BlobEvent,
  client: DurableClient,
  now: number,
): Promise<void> {
  const drop = dropOf(event);
  if (!drop) return;
  const watching = (await currentPipelines(undefined)).filter(({ pipeline }) =>
    matches(pipeline.on.drop, drop),
  );
  const setAside = addressable(drop.name)
    ? null
    : `the storage client cannot address a blob of this name: ${JSON.stringify(drop.name)}`;
  for (const { name } of watching) {
    const row = await recordDrop(name, drop, { now, setAside });
    if (row.state === 'pending') await pokeOnce(client, name);
  }
}

function pokeOnce(client: DurableClient, pipeline: string): Promise<void> {
  const known = pokes.get(pipeline);
  const pokeIt = known ?? coalesced((through: DurableClient) => poke(through, pipeline));
  if (!known) pokes.set(pipeline, pokeIt);
  return pokeIt(client);
}
