import type { DurableClient } from 'durable-functions';
import { stat } from '../azure/blobs.ts';
import { addressable } from '../azure/sas.ts';
import { getSettings, storageAccount } from '../azure/settings.ts';
import { container } from '../azure/storage.ts';
import { type Drop, type EventReading, matches, readEvent } from '../plan/drop.ts';
import { coalesced } from '../store/concurrency.ts';
import { recordDrop } from '../store/ledger.ts';
import { listPipelines } from '../store/pipelines.ts';
import { poke } from './durable.ts';

/** Events come in bursts, and one listing of the pipelines and one poke serve all that wait for them. */
const currentPipelines = coalesced(() => listPipelines());
const pokes = new Map<string, (client: DurableClient) => Promise<void>>();

/** Takes note of a committed blob for every pipeline that watches it, before the event is answered. */
export async function receiveDrop(
  event: unknown,
  client: DurableClient,
  { now, warn }: { now: number; warn: (message: string) => void },
): Promise<void> {
  const reading = readEvent(event, storageAccount(getSettings().storageUrl));
  if ('ignored' in reading) {
    if (reading.malformed) warn(`An event was ignored: ${reading.ignored}.`);
    return;
  }
  const { container: where, name } = 'drop' in reading ? reading.drop : reading.lookUp;
  const watching = (await currentPipelines(undefined)).filter(
    ({ pipeline: { on } }) => on.drop && matches(on.drop, { container: where, name }),
  );
  const drop = watching.length > 0 ? await versionOf(reading) : null;
  if (!drop) return;
  for (const { name: pipeline } of watching) await takeNote(pipeline, drop, client, now);
}

/** Writes a drop down for a pipeline and wakes its collector. */
export async function takeNote(
  pipeline: string,
  drop: Drop,
  client: DurableClient,
  now: number,
): Promise<void> {
  const setAside = addressable(drop.name)
    ? null
    : `the storage client cannot address a blob of this name: ${JSON.stringify(drop.name)}`;
  const row = await recordDrop(pipeline, drop, { now, setAside });
  if (row.state === 'pending') await pokeOnce(client, pipeline);
}

/** A blob that is gone again by now is no drop any more. */
async function versionOf(
  reading: Exclude<EventReading, { ignored: string }>,
): Promise<Drop | null> {
  if ('drop' in reading) return reading.drop;
  const { lookUp } = reading;
  if (!addressable(lookUp.name)) return { ...lookUp, etag: '', size: 0 };
  const now = await stat(await container(lookUp.container), lookUp.name);
  return now && { ...lookUp, ...now };
}

function pokeOnce(client: DurableClient, pipeline: string): Promise<void> {
  const known = pokes.get(pipeline);
  const pokeIt = known ?? coalesced((through: DurableClient) => poke(through, pipeline));
  if (!known) pokes.set(pipeline, pokeIt);
  return pokeIt(client);
}
