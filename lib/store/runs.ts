import { create, first, list, put, read, readJson, remove, replace } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import type { Manifest } from '../plan/manifest.ts';
import type { Progress, RunError, RunRecord } from '../plan/run.ts';
import { indexRun } from './run-index.ts';

/** Which epoch of which run an activity works for. */
export interface RunRef {
  run: string;
  epoch: number;
}

/** Writes a new run's marks, its places in the indexes and, first wins, its record; returns the one that stands. */
export async function createRun(record: RunRecord): Promise<RunRecord> {
  const control = await controlContainer();
  const standing = await findRun(record.id);
  // Asked for again: it may have ended and been cleaned up, so its marks are left alone.
  if (standing) return standing;
  await markActive({ run: record.id, epoch: record.epoch });
  await indexRun(record);
  await create(control, runName(record.id), JSON.stringify(record));
  return getRun(record.id);
}

/** A run's record; null when there is none. */
export async function findRun(run: string): Promise<RunRecord | null> {
  return (await readJson<RunRecord>(await controlContainer(), runName(run)))?.value ?? null;
}

/** A run's record. Throws `NotFound`. */
export async function getRun(run: string): Promise<RunRecord> {
  const found = await findRun(run);
  if (!found) throw new SluiceError('NotFound', `There is no run '${run}'.`);
  return found;
}

/**
 * A run's record, for somebody who drives it in this epoch. Throws `Fenced` when another epoch does, `Cancelled` when the
 * run is to stop, unless it is being closed, and `Ended` when it has ended, unless what is done follows on that.
 */
export async function getOwnRun(
  { run, epoch }: RunRef,
  options: { closing?: boolean; ended?: boolean } = {},
): Promise<RunRecord> {
  const record = await getRun(run);
  if (record.epoch !== epoch) {
    throw new SluiceError('Fenced', `Run ${run} is driven by epoch ${record.epoch}, not ${epoch}.`);
  }
  if (record.status !== 'Running' && options.ended !== true) {
    throw new SluiceError('Ended', `Run ${run} has ended, as ${record.status}.`);
  }
  const cancelled = cancelledError(record);
  if (cancelled && options.closing !== true) throw new SluiceError('Cancelled', cancelled.message);
  return record;
}

/** What a cancelled run says of itself; null when it is not cancelled. */
export function cancelledError({ cancel }: RunRecord): RunError | null {
  if (!cancel) return null;
  const { at, reason } = cancel;
  return { code: 'Cancelled', message: `cancelled at ${at}${reason ? `: ${reason}` : ''}` };
}

/** Why a run broke off: a cancel ends its job, and whatever is refused by then is refused because of that. */
export function whyBrokenOff(record: RunRecord, error: RunError | null): RunError | null {
  return error && (cancelledError(record) ?? error);
}

/** Changes a run's record by compare and set while it is in this epoch; returns what stands. */
export async function updateRun(
  ref: RunRef,
  change: (record: RunRecord) => RunRecord,
): Promise<RunRecord> {
  const control = await controlContainer();
  for (;;) {
    const found = await readJson<RunRecord>(control, runName(ref.run));
    if (!found) throw new SluiceError('NotFound', `There is no run '${ref.run}'.`);
    if (found.value.epoch !== ref.epoch) {
      throw new SluiceError('Fenced', `Run ${ref.run} is driven by epoch ${found.value.epoch}.`);
    }
    const changed = change(found.value);
    if (changed === found.value) return changed;
    if (await replace(control, runName(ref.run), JSON.stringify(changed), found.etag)) {
      return changed;
    }
  }
}

/**
 * Raises a run's epoch from the one it has in `record`, so that whoever drove it is fenced off; null when somebody
 * else was first.
 */
export async function adopt(
  record: RunRecord,
  adopted: RunRecord['adopted'],
  closing: (now: RunRecord) => RunRecord['closing'] = (now) => now.closing,
): Promise<RunRecord | null> {
  try {
    return await updateRun({ run: record.id, epoch: record.epoch }, (now) => ({
      ...now,
      epoch: now.epoch + 1,
      adopted,
      closing: closing(now),
    }));
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'Fenced') return null;
    throw error;
  }
}

/** Runs that are not cleaned up, and since when, in milliseconds since 1970. */
export async function listActive(): Promise<{ run: string; since: number }[]> {
  const runs: { run: string; since: number }[] = [];
  for await (const { name, changedAt } of list(await controlContainer(), ACTIVE)) {
    runs.push({ run: name.slice(ACTIVE.length), since: changedAt });
  }
  return runs;
}

/** Whether a run is not cleaned up yet. */
export async function isActive(run: string): Promise<boolean> {
  return (await first(await controlContainer(), activeName(run), 1)).length > 0;
}

/** Marks a run as not cleaned up from an epoch on, so that sweeps look after it. */
export async function markActive({ run, epoch }: RunRef): Promise<void> {
  await put(await controlContainer(), activeName(run), String(epoch));
}

/**
 * Takes a run off the active ones: nothing of it is left in Batch. A mark that a later epoch put there stays, since a
 * redrive may have begun meanwhile.
 */
export async function retire({ run, epoch }: RunRef): Promise<void> {
  const control = await controlContainer();
  const mark = await read(control, activeName(run));
  if (mark && Number(mark.value) <= epoch) await remove(control, activeName(run), mark.etag);
}

export async function getProgress(run: string): Promise<Progress | null> {
  return (await readJson<Progress>(await controlContainer(), progressName(run)))?.value ?? null;
}

/** Changes what people see of a run; who drives it in an older epoch changes nothing any more. */
export async function setProgress(
  { run, epoch }: RunRef,
  change: Partial<Omit<Progress, 'epoch'>>,
): Promise<void> {
  const control = await controlContainer();
  const name = progressName(run);
  const none = { phase: 'plan', waiting: null, items: null, tasks: null, failures: null };
  // Whoever has something to show has got over what kept it.
  const now = { fault: null, ...change, epoch };
  for (;;) {
    const before = await readJson<Progress>(control, name);
    if (before && before.value.epoch > epoch) return;
    const body = JSON.stringify({ ...none, ...before?.value, ...now });
    if (before?.value && JSON.stringify(before.value) === body) return;
    const written = before
      ? await replace(control, name, body, before.etag)
      : await create(control, name, body);
    if (written) return;
  }
}

/** Commits a file of a run first wins; returns the one that stands. */
export async function commitJson<T>(run: string, file: string, value: T): Promise<T> {
  const control = await controlContainer();
  const name = `runs/${run}/${file}`;
  if (await create(control, name, JSON.stringify(value))) return value;
  const found = await readJson<T>(control, name);
  if (!found) throw new SluiceError('CorruptRecord', `${name} was there and is gone.`);
  return found.value;
}

/** Commits an NDJSON file of a run first wins. */
export async function commitLines(
  run: string,
  file: string,
  values: readonly unknown[],
): Promise<void> {
  const body = values.map((value) => JSON.stringify(value)).join('\n');
  const content = { contentType: 'application/x-ndjson' };
  await create(await controlContainer(), `runs/${run}/${file}`, body, content);
}

/** A JSON file of a run; null when it has not been written. */
export async function readRunJson<T>(run: string, file: string): Promise<T | null> {
  return (await readJson<T>(await controlContainer(), `runs/${run}/${file}`))?.value ?? null;
}

/** Writes a file of a run that nobody writes twice with different content. */
export async function putRunFile(
  run: string,
  file: string,
  body: string,
  contentType: string,
): Promise<void> {
  await put(await controlContainer(), `runs/${run}/${file}`, body, { contentType });
}

/** Names of the files of a run under a folder, relative to that. */
export async function listRunFiles(run: string, folder: string): Promise<string[]> {
  const prefix = `runs/${run}/${folder}`;
  const names: string[] = [];
  for await (const { name } of list(await controlContainer(), prefix)) {
    names.push(name.slice(prefix.length));
  }
  return names;
}

/** The values of an NDJSON file of a run. Throws `CorruptRecord`. */
export async function readRunLines<T>(run: string, file: string): Promise<T[]> {
  return (await readRawLines(run, file)).map((line, index) => {
    try {
      return JSON.parse(line) as T;
    } catch (cause) {
      const message = `Line ${index + 1} of runs/${run}/${file} should hold JSON but does not.`;
      throw new SluiceError('CorruptRecord', message, { cause });
    }
  });
}

/** The lines of an NDJSON file of a run, for somebody who needs few of their values. */
export async function readRawLines(run: string, file: string): Promise<string[]> {
  const found = await read(await controlContainer(), `runs/${run}/${file}`);
  if (!found) throw new SluiceError('CorruptRecord', `runs/${run}/${file} is missing.`);
  return found.value.split('\n').filter(Boolean);
}

/** The manifest as written, in its own bytes; null until it is. */
export async function readManifest(run: string): Promise<string | null> {
  return (await read(await controlContainer(), manifestFile(run)))?.value ?? null;
}

/**
 * Commits the manifest of a generation first wins, to stay, and puts it in the place of the one before by compare and
 * set; returns what stands for this generation.
 */
export async function commitManifest(wanted: Manifest): Promise<Manifest> {
  const { run, generation } = wanted;
  const manifest = await commitJson(run.id, generationFile(generation), wanted);
  const control = await controlContainer();
  const name = manifestFile(run.id);
  const body = JSON.stringify(manifest);
  for (;;) {
    const found = await readJson<Manifest>(control, name);
    if (found && found.value.generation >= generation) return manifest;
    const written = found
      ? await replace(control, name, body, found.etag)
      : await create(control, name, body);
    if (written) return manifest;
  }
}

/** A part of a manifest, below `runs/{id}/`. */
export function partFile(generation: number, part: number): string {
  return `parts/${generation}-${String(part).padStart(4, '0')}.ndjson`;
}

/** Where the manifest of one generation stays, below `runs/{id}/`. */
function generationFile(generation: number): string {
  return `manifests/${generation}.json`;
}

/** The manifest of one generation of a run. Throws `CorruptRecord`. */
export async function readGeneration(run: string, generation: number): Promise<Manifest> {
  const manifest = await readRunJson<Manifest>(run, generationFile(generation));
  if (manifest) return manifest;
  throw new SluiceError('CorruptRecord', `Run ${run} has no ${generationFile(generation)}.`);
}

const ACTIVE = 'active/';

const activeName = (run: string): string => `${ACTIVE}${run}`;
const progressName = (run: string): string => `runs/${run}/progress.json`;
const runName = (run: string): string => `runs/${run}/run.json`;
const manifestFile = (run: string): string => `runs/${run}/manifest.json`;
