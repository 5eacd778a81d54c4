import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchServiceClient, BatchSharedKeyCredentials } from '@azure/batch';
import {
  BlobServiceClient,
  type ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { launchStack } from '../../cli/stack/launch.ts';
import type { RunView } from '../../lib/api/runs.ts';
import type { Manifest, ManifestItem } from '../../lib/plan/manifest.ts';
import { manifestSchema } from '../../lib/plan/manifest-schema.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import type { StackUrls } from '../../local/stack/parts.ts';

export type { Manifest, ManifestItem, RunView };

/** A stack under test and a person's ways to use it, all over sockets. */
export interface Sluice {
  urls: StackUrls;
  dataDir: string;
  blobs: BlobServiceClient;
  batch: BatchServiceClient;
  apply(source: string): Promise<void>;
  drop(container: string, files: Record<string, string | Buffer>): Promise<void>;
  runs(pipeline: string): Promise<RunView[]>;
  /** Waits until the pipeline's runs have ended and carry that many items together. */
  finished(pipeline: string, items: number): Promise<RunView[]>;
  /** Waits until a pipeline's only run has its final state; it may still be cleaning up. */
  ended(pipeline: string): Promise<RunView>;
  /** A run's manifest, which must fit its schema. */
  manifest(run: string): Promise<Manifest>;
  close(): Promise<void>;
}

/** Starts a stack in a folder of its own, which goes with it. */
export async function startSluice(): Promise<Sluice> {
  const dataDir = temporaryFolder();
  const stack = await launchStack({ dataDir });
  const close = async (): Promise<void> => {
    await stack.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...connect(stack.urls, dataDir), close };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
}

/** The ways to use a stack that somebody else started. */
export function connect(urls: StackUrls, dataDir: string): Omit<Sluice, 'close'> {
  const blobs = new BlobServiceClient(
    urls.blob,
    new StorageSharedKeyCredential(ACCOUNTS.storage.name, ACCOUNTS.storage.key),
  );
  const batch = new BatchServiceClient(
    new BatchSharedKeyCredentials(ACCOUNTS.batch.name, ACCOUNTS.batch.key),
    urls.batch,
    { noRetryPolicy: true },
  );
  const runs = async (pipeline: string): Promise<RunView[]> =>
    (await getJson<{ value: RunView[] }>(`${urls.api}/runs?pipeline=${pipeline}`)).value;
  return {
    urls,
    dataDir,
    blobs,
    batch,
    runs,
    apply: (source) => applyPipeline(urls, source),
    drop: (container, files) => upload(blobs.getContainerClient(container), files),
    manifest: async (run) =>
      manifestSchema.parse(await getJson(`${urls.api}/runs/${run}/manifest`)),
    ended: (pipeline) =>
      until(`the run of ${pipeline} has ended`, async () => {
        const [run] = await runs(pipeline);
        return run && run.status !== 'Running' ? run : null;
      }),
    finished: (pipeline, items) =>
      until(`the runs of ${pipeline} have ended with ${items} items`, async () => {
        const all = await runs(pipeline);
        const ended = all.every(({ phase }) => phase === 'done');
        const total = all.reduce((sum, { counts }) => sum + Number(counts['items'] ?? 0), 0);
        if (total > items) throw new Error(`${total} items in runs, where ${items} were dropped`);
        return ended && total === items ? all : null;
      }),
  };
}

async function applyPipeline(urls: StackUrls, source: string): Promise<void> {
  const name = /^name: (\S+)/m.exec(source)?.[1];
  const response = await fetch(`${urls.api}/pipelines/${name}`, { method: 'PUT', body: source });
  if (!response.ok) throw new Error(`PUT pipeline: ${response.status} ${await response.text()}`);
}

async function upload(
  container: ContainerClient,
  files: Record<string, string | Buffer>,
): Promise<void> {
  const queue = Object.entries(files);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await container.getBlockBlobClient(next[0]).uploadData(Buffer.from(next[1]));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Asks again until there is an answer that is not null; a condition that never comes is an error that names it. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null>,
  seconds = 120,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}`);
    await sleep(100);
  }
}

/** A pipeline file of a few lines; what a test is about is given. */
export function pipelineFile(fields: {
  name: string;
  command: string;
  container?: string;
  match?: string;
  outputs?: string;
  pack?: number;
  timeout?: string;
  settle?: string;
  vmSize?: string;
  slots?: number;
  /** More fields of `tasks`. */
  tasks?: string;
  rest?: string;
}): string {
  const command = fields.command.replaceAll('\n', '\n    ');
  return `name: ${fields.name}
on: { drop: { container: ${fields.container ?? fields.name}, match: ['${fields.match ?? '**'}'], settle: ${fields.settle ?? '1s'} } }
tasks:
  forEach: drop
  pack: ${fields.pack ?? 1}
  command: |
    ${command}
  outputs: ${fields.outputs ?? '[out.txt]'}
  timeout: ${fields.timeout ?? '1m'}
  ${fields.tasks ?? ''}
pool: { vmSize: ${fields.vmSize ?? 'Standard_D2as_v5'}, nodes: { max: 4 }, slots: ${fields.slots ?? 2} }
${fields.rest ?? ''}
`;
}

/** Items of a run by the name of their input; fails when one comes twice. */
export function byName(manifest: Manifest): Map<string, ManifestItem> {
  const items = new Map<string, ManifestItem>();
  for (const item of manifest.items ?? []) {
    const name = item.inputs[0]?.name ?? '';
    if (items.has(name)) throw new Error(`${name} is in the manifest twice`);
    items.set(name, item);
  }
  return items;
}
