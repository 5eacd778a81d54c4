import { create, list, put, readJson, remove } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';

const PREFIX = 'paused/';

const blobName = (pipeline: string): string => `${PREFIX}${pipeline}.json`;

/** `paused/{pipeline}.json`: the pipeline starts no runs by itself; gone once it is resumed. */
interface Pause {
  /** ISO 8601. */
  at: string;
  /** Of who paused it for a while only; empty for a person. */
  id: string;
}

/** How a pipeline is paused; null while it is not. */
export async function pauseOf(pipeline: string): Promise<Pause | null> {
  return (await readJson<Pause>(await controlContainer(), blobName(pipeline)))?.value ?? null;
}

/** Pauses a pipeline, first wins; whether what stands is this pause, told by its `id`. */
export async function pause(pipeline: string, now: Date, id = ''): Promise<boolean> {
  const control = await controlContainer();
  const pausing: Pause = { at: now.toISOString(), id };
  if (await create(control, blobName(pipeline), JSON.stringify(pausing))) return true;
  // The answer may have been lost, and the call made again.
  return (await pauseOf(pipeline))?.id === id;
}

/** Puts a pause in place of any that stands. */
export async function repause(pipeline: string, now: Date, id: string): Promise<void> {
  const pausing: Pause = { at: now.toISOString(), id };
  await put(await controlContainer(), blobName(pipeline), JSON.stringify(pausing));
}

/** Takes a pause back. */
export async function unpause(pipeline: string): Promise<void> {
  await remove(await controlContainer(), blobName(pipeline));
}

/** Names of the pipelines that are paused. */
export async function listPaused(): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { name } of list(await controlContainer(), PREFIX)) {
    names.add(name.slice(PREFIX.length).replace(/\.json$/, ''));
  }
  return names;
}
