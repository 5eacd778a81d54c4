import { randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import { SluiceError } from '../errors.ts';
import type { AskedInput } from '../plan/asked-inputs.ts';
import { runId, sha256 } from '../plan/ids.ts';
import { resolveParams } from '../plan/params.ts';
import type { RunRecord } from '../plan/run.ts';
import { findKey, type Key, takeKey } from '../store/keys.ts';
import { getPipeline } from '../store/pipelines.ts';
import { findRun } from '../store/runs.ts';
import { resolveInputs } from './ask-inputs.ts';
import { makeRun } from './collect.ts';
import { startRun } from './durable.ts';
import { inTurn } from './turns.ts';

/** A run that somebody asks for, whatever the pipeline's window says. */
export interface Ask {
  pipeline: string;
  params: Record<string, string | number | boolean>;
  /** Null when the pipeline says itself what its items are. */
  inputs: AskedInput[] | null;
  /** Asking again with the same key gives the same run. */
  key: string | null;
}

/** Starts a run, or finds the one that the key stands for; `created` tells which. */
export async function askForRun(
  ask: Ask,
  client: DurableClient,
  now: Date,
): Promise<{ record: RunRecord; created: boolean }> {
  const { pipeline, key } = ask;
  const request = requestHash(ask);
  // Asked again, a run is found whatever has become of its pipeline and its inputs since.
  const known = key === null ? null : await findKey(pipeline, key);
  if (known) mustMatch(ask, known, request);
  const made = known && (await findRun(known.run));
  if (made) {
    await startRun(client, made);
    return { record: made, created: false };
  }
  const stored = await getPipeline(pipeline);
  if (!stored) throw new SluiceError('NotFound', `There is no pipeline '${pipeline}'.`);
  const { values: params, faults } = resolveParams(stored.pipeline.params, ask.params);
  if (faults.length > 0) throw new SluiceError('InvalidParams', faults.join(' '));
  const { rows, list } = await resolveInputs(stored.pipeline, ask.inputs, now);
  const wanted = {
    run: runId(pipeline, now, randomBytes(6).toString('hex')),
    at: now.toISOString(),
    request,
  };
  const standing = key === null ? wanted : await takeKey(pipeline, key, wanted);
  mustMatch(ask, standing, request);
  const before = await findRun(standing.run);
  // A key that was taken and no run: whoever took it was cut off.
  const making = () => makeRun({ ...standing, stored, kind: 'http' }, rows, { params, list });
  const record = before ?? (await inTurn(stored, { run: standing.run, generation: 1 }, making));
  await startRun(client, record);
  return { record, created: standing.run === wanted.run };
}

function mustMatch({ key }: Ask, standing: Key, request: string): void {
  if (standing.request === request) return;
  const message = `The key ${JSON.stringify(key)} was used for run ${standing.run}, which has other inputs or parameters; take another key.`;
  throw new SluiceError('Conflict', message);
}

/** The same request, whatever the order of the blobs that it names. */
function requestHash({ inputs, params }: Ask): string {
  const names = [...new Set((inputs ?? []).map((input) => JSON.stringify(input)))].toSorted();
  return sha256(JSON.stringify([names, Object.entries(params).toSorted()]));
}
