import { randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import { stat } from '../azure/blobs.ts';
import { addressable, blobUrl } from '../azure/sas.ts';
import { container } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { dropHash, runId, sha256 } from '../plan/ids.ts';
import type { RunRecord } from '../plan/run.ts';
import { eachLimited } from '../store/concurrency.ts';
import type { Row } from '../store/ledger.ts';
import { takeKey } from '../store/keys.ts';
import { getPipeline, type StoredPipeline } from '../store/pipelines.ts';
import { findRun } from '../store/runs.ts';
import { makeRun } from './collect.ts';
import { startRun } from './durable.ts';
import { inTurn } from './turns.ts';

/** A run that somebody asks for: blobs of the container that the pipeline watches, whatever its window says. */
export interface Ask {
  pipeline: string;
  inputs: string[];
  /** Asking again with the same key gives the same run. */
  key: string | null;
}

/** Blobs looked at at once. */
const IN_FLIGHT = 16;

/** Starts a run over the named blobs, or finds the one that the key stands for; `created` tells which. */
export async function askForRun(
  { pipeline, inputs, key }: Ask,
  client: DurableClient,
  now: Date,
): Promise<{ record: RunRecord; created: boolean }> {
  const stored = await getPipeline(pipeline);
  if (!stored) throw new SluiceError('NotFound', `There is no pipeline '${pipeline}'.`);
  const names = [...new Set(inputs)].toSorted();
  const rows = await rowsOf(stored, names, now);
  const wanted = {
    run: runId(pipeline, now, randomBytes(6).toString('hex')),
    at: now.toISOString(),
    request: sha256(JSON.stringify(names)),
  };
  const standing = key === null ? wanted : await takeKey(pipeline, key, wanted);
  if (standing.request !== wanted.request) {
    throw new SluiceError(
      'Conflict',
      `The key ${JSON.stringify(key)} was used for run ${standing.run}, which has other inputs; take another key.`,
    );
  }
  const before = await findRun(standing.run);
  // A key that was taken and no run: whoever took it was cut off.
  const making = () => makeRun({ ...standing, pipeline, kind: 'http' }, rows);
  const record = before ?? (await inTurn(stored, { run: standing.run, generation: 1 }, making));
  await startRun(client, record);
  return { record, created: standing.run === wanted.run };
}

async function rowsOf({ pipeline: { on } }: StoredPipeline, names: string[], now: Date) {
  const where = on.drop.container;
  const rows: Row[] = [];
  const missing: string[] = [];
  const watched = await container(where);
  await eachLimited(names, IN_FLIGHT, async (name) => {
    const found = addressable(name) ? await stat(watched, name) : null;
    if (!found) missing.push(name);
    else rows.push(rowOf({ container: where, name, etag: found.etag, size: found.size }, now));
  });
  if (missing.length === 0) return rows;
  const some = missing.slice(0, 5).map((name) => JSON.stringify(name));
  const more = missing.length > some.length ? ` and ${missing.length - some.length} more` : '';
  throw new SluiceError(
    'InvalidRequest',
    `'inputs' must name blobs of the container '${where}'; there is no ${some.join(', ')}${more}.`,
  );
}

function rowOf(
  blob: { container: string; name: string; etag: string; size: number },
  now: Date,
): Row {
  const hash = dropHash(blobUrl(blob.container, blob.name), blob.etag);
  return { ...blob, hash, sequencer: '', arrivedAt: now.getTime(), state: 'pending' };
}
