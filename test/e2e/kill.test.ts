import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StackUrls } from '../../local/stack/parts.ts';
import {
  connect,
  type ManifestItem,
  pipelineFile,
  type Sluice,
  temporaryFolder,
  until,
} from './harness.ts';

let dataDir: string;
let dev: ChildProcess | undefined;

beforeEach(() => {
  dataDir = temporaryFolder();
});

// Also when a test failed half-way: a stack left running would hold the next one's ports and this process's pipes.
afterEach(async () => {
  dev?.kill('SIGINT');
  await until(
    'dev has ended',
    async () => (dev?.exitCode === null && dev.signalCode === null ? null : true),
    20,
  );
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts `sluice dev` on the one data folder, as a person would after a crash. */
async function start(): Promise<Omit<Sluice, 'close'>> {
  const args = ['cli/main.ts', 'dev', '--json', '--data-dir', dataDir];
  dev = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: dev.stdout! })) {
    const { urls } = JSON.parse(line) as { urls: StackUrls };
    return connect(urls, dataDir);
  }
  throw new Error('dev ended before it was ready');
}

/** Ends every process of the stack at once, the way a power cut does. */
function killAll(): void {
  const { pid, processes } = JSON.parse(readFileSync(`${dataDir}/stack.json`, 'utf8')) as {
    pid: number;
    processes: { pid: number }[];
  };
  for (const victim of [pid, ...processes.map((part) => part.pid)]) process.kill(victim, 'SIGKILL');
}

const FILES = Array.from({ length: 40 }, (_, index) => `dir-${index}/input`);
const COMMAND = `sleep 0.1
wc -c < "$INPUT" > "$OUTPUT_DIR/out.txt"`;
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" | wc -l > "$OUTPUT_DIR/n.txt"', outputs: [n.txt] }`;

test.each([
  ['while files are being dropped', 60],
  ['while the window is open', 500],
  ['when the run has just begun', 1300],
  ['while tasks run', 2200],
  ['while tasks end', 3200],
  ['about when the run ends', 5000],
])(
  'a stack killed %s goes on after a restart, with nothing lost and nothing twice',
  async (_, afterMs) => {
    const name = `kill-${afterMs}`;
    const before = await start();
    await before.apply(
      pipelineFile({ name, command: COMMAND, pack: 4, settle: '600ms', rest: MERGE }),
    );
    const files = Object.fromEntries(FILES.map((file) => [file, file]));
    const dropping = before.drop(name, files).catch(() => 'cut off');
    await sleep(afterMs);
    killAll();
    const after = await start();
    // The storage client tries cut-off uploads again by itself; what it gave up on is uploaded afresh.
    await dropping;
    await dropMissing(after, name);
    const items = await endedItems(after, name);
    const now = new Set(await currentVersions(after, name));
    expect([...now].filter((version) => !items.has(version))).toEqual([]);
    for (const [version, item] of items) {
      if (now.has(version) || item.status === 'Succeeded') await isRight(after, item);
      // A cut-off upload that had been committed is tried again by the client: a new version over the first.
      else expect(item).toMatchObject({ status: 'Failed', cause: 'InputChanged' });
    }
    await leavesNothing(after);
  },
  120_000,
);

/** A client whose upload was cut off tries it again; those that were acknowledged it leaves alone. */
async function dropMissing(sluice: Omit<Sluice, 'close'>, container: string): Promise<void> {
  const there = new Set<string>();
  for await (const blob of sluice.blobs.getContainerClient(container).listBlobsFlat()) {
    there.add(blob.name);
  }
  const missing = FILES.filter((file) => !there.has(file));
  await sluice.drop(container, Object.fromEntries(missing.map((file) => [file, file])));
}

/** Items of all runs by the version of the blob they are of; fails when a version comes twice. */
async function endedItems(
  sluice: Omit<Sluice, 'close'>,
  pipeline: string,
): Promise<Map<string, ManifestItem>> {
  const all = await until('every file is in a run that has ended', async () => {
    const runs = await sluice.runs(pipeline);
    if (runs.length === 0 || runs.some(({ phase }) => phase !== 'done')) return null;
    const manifests = await Promise.all(runs.map(({ id }) => sluice.manifest(id)));
    for (const { run, counts } of manifests) {
      expect(run.status).toBe(counts.failed === 0 ? 'Succeeded' : 'Failed');
    }
    const items = manifests.flatMap((manifest) => manifest.items ?? []);
    return new Set(items.map(({ inputs }) => inputs[0]!.name)).size === FILES.length ? items : null;
  });
  const versions = new Map(
    all.map((item) => [`${item.inputs[0]!.name} ${item.inputs[0]!.etag}`, item]),
  );
  expect(versions.size).toBe(all.length);
  return versions;
}

/** What is in the container now, as `name etag`. */
async function currentVersions(
  sluice: Omit<Sluice, 'close'>,
  container: string,
): Promise<string[]> {
  const versions: string[] = [];
  for await (const { name, properties } of sluice.blobs
    .getContainerClient(container)
    .listBlobsFlat()) {
    versions.push(`${name} "${properties.etag.replaceAll('"', '')}"`);
  }
  return versions;
}

async function leavesNothing(sluice: Omit<Sluice, 'close'>): Promise<void> {
  expect(await sluice.batch.job.list()).toHaveLength(0);
  expect(await sluice.batch.pool.list()).toHaveLength(0);
}

async function isRight(sluice: Omit<Sluice, 'close'>, item: ManifestItem): Promise<void> {
  expect(item).toMatchObject({
    status: 'Succeeded',
    cause: null,
    message: null,
    outputs: [{ name: 'out.txt' }],
  });
  const name = item.outputs[0]!.url.split('/sluice-work/')[1]!;
  const blob = sluice.blobs.getContainerClient('sluice-work').getBlobClient(name);
  expect((await blob.downloadToBuffer()).toString().trim()).toBe(String(item.inputs[0]!.size));
}
