import { create, list, readJson, remove, replace, type Versioned } from '../azure/blobs.ts';
import { container, controlContainer } from '../azure/storage.ts';
import { sha256 } from '../plan/ids.ts';
import { parsePipeline, type Problem } from '../plan/parse-pipeline.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';

/** `pipelines/{name}.json`: a pipeline as it was applied. */
export interface StoredPipeline {
  name: string;
  /** `sha256:` and the hash of the source; a run records it. */
  hash: string;
  updatedAt: string;
  pipeline: Pipeline;
  source: string;
}

const PREFIX = 'pipelines/';

/** Pipelines by name, kept while their ETag stands; an event must not cost a read of each. */
const known = new Map<string, Versioned<StoredPipeline>>();

export type Applied = { stored: StoredPipeline; created: boolean } | { problems: Problem[] };

/** Validates and stores a pipeline, and makes the container that it watches, if it does. */
export async function applyPipeline(source: string, file: string, now: Date): Promise<Applied> {
  const parsed = parsePipeline(source, file);
  if (parsed.problems) return { problems: parsed.problems };
  const { pipeline } = parsed;
  const hash = `sha256:${sha256(source)}`;
  if (pipeline.on.drop) await container(pipeline.on.drop.container);
  const stored = { name: pipeline.name, hash, updatedAt: now.toISOString(), pipeline, source };
  return { stored, created: await store(stored) };
}

/** Whether it was created; somebody else's write in between makes us look again. */
async function store(stored: StoredPipeline): Promise<boolean> {
  const control = await controlContainer();
  const name = blobName(stored.name);
  const body = JSON.stringify(stored);
  for (;;) {
    if (await create(control, name, body)) return true;
    const current = await readJson<StoredPipeline>(control, name);
    if (current && (await replace(control, name, body, current.etag))) return false;
  }
}

/** A pipeline as applied; null when there is none of that name. */
export async function getPipeline(name: string): Promise<StoredPipeline | null> {
  const found = await readJson<StoredPipeline>(await controlContainer(), blobName(name));
  return found?.value ?? null;
}

/** Every pipeline, in the order of names: one listing, and a read of those that changed. */
export async function listPipelines(): Promise<StoredPipeline[]> {
  const control = await controlContainer();
  const pipelines: StoredPipeline[] = [];
  for await (const { name, etag } of list(control, PREFIX)) {
    const kept = known.get(name);
    const current = kept?.etag === etag ? kept : await readJson<StoredPipeline>(control, name);
    if (!current) continue;
    known.set(name, current);
    pipelines.push(current.value);
  }
  return pipelines;
}

/** Removes a pipeline's file. */
export async function removePipeline(name: string): Promise<void> {
  await remove(await controlContainer(), blobName(name));
}

function blobName(name: string): string {
  return `${PREFIX}${name}.json`;
}
