import { create, list, readJson, remove } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';

const PREFIX = 'paused/';

const blobName = (pipeline: string): string => `${PREFIX}${pipeline}.json`;

/** `paused/{pipeline}.json`: the pipeline starts no runs by itself; gone once it is resumed. Since when, in ISO 8601. */
export async function pausedAt(pipeline: string): Promise<string | null> {
  const found = await readJson<{ at: string }>(await controlContainer(), blobName(pipeline));
  return found?.value.at ?? null;
}

/** Pauses a pipeline, first wins; whether it was not paused before. */
export async function pause(pipeline: string, now: Date): Promise<boolean> {
  const body = JSON.stringify({ at: now.toISOString() });
  return (await create(await controlContainer(), blobName(pipeline), body)) !== null;
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
