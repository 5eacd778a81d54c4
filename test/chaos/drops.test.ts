import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eachLimited } from '../../lib/store/concurrency.ts';
import type { Claim } from '../../lib/store/claims.ts';
import type { Row } from '../../lib/store/ledger.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { pipelineFile, type RunView, until } from '../e2e/harness.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';
import { seeded, shuffled } from './random.ts';
import { deliver, storageEvent } from './send-event.ts';

/** Blobs; `SLUICE_CHAOS=long` drops ten thousand. */
const DROPS = Number(process.env['SLUICE_CHAOS_DROPS'] ?? (LONG ? 10_000 : 100));

/** Seconds. */
const SETTLE = 1;
const MAX_WAIT = 60;
const MAX_ITEMS = 2000;

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

interface Version {
  name: string;
  etag: string;
  sequencer: string;
}

test('events delivered one to five times, in any order and late, put each version into exactly one run, or a newer one overtook it', async () => {
  const name = 'drops';
  const random = seeded(4);
  const window = `${SETTLE}s, maxWait: ${MAX_WAIT}s, maxItems: ${MAX_ITEMS}`;
  await sluice.apply(
    pipelineFile({ name, command: 'true', pack: 200, settle: window, rest: 'tolerate: 100%' }),
  );
  const versions = await writeAll(name, random);
  const deliveries = versions.flatMap((version) =>
    Array.from({ length: 1 + Math.floor(random() * 5) }, () => version),
  );
  await eachLimited(inBatches(shuffled(deliveries, random), 10), 8, async (batch) => {
    const events = batch.map((version) => storageEvent({ container: name, ...version }));
    expect(await deliver(sluice.urls, ...events)).toBeLessThan(300);
  });
  // Some come long after all the others, when their runs may have ended.
  await ended(name);
  const late = shuffled(deliveries, random).slice(0, DROPS / 10);
  for (const version of late) {
    await deliver(sluice.urls, storageEvent({ container: name, ...version }));
  }
  await sluice.sweep();
  await ended(name);
  const inRuns = await versionsInRuns(name);
  const overtaken = new Set<string>();
  const rows = await rowsOf(name);
  for (const row of rows) {
    if (row.state === 'superseded') overtaken.add(`${row.name} ${row.etag}`);
  }
  const newest = new Map(versions.map((version) => [version.name, version.etag]));
  for (const { name: blob, etag } of versions) {
    const key = `${blob} ${etag}`;
    expect([key, (inRuns.get(key) ?? 0) + Number(overtaken.has(key))]).toEqual([key, 1]);
    if (newest.get(blob) === etag) expect([key, overtaken.has(key)]).toEqual([key, false]);
  }
  expect(inRuns.size + overtaken.size).toBe(versions.length);
  followWindows((await sluice.runs(name)).toReversed(), rows);
}, 1_200_000);

/** Whether each run, the oldest first, began when its window closed, and with all that waited unless it was full. */
function followWindows(runs: RunView[], rows: Row[]): void {
  const { entered, listedWithin, claimed } = passedDrops();
  let rest = rows.filter(({ state }) => state === 'done');
  for (const { id, startedAt } of runs) {
    const began = Date.parse(startedAt);
    // The window closed over what the claim names; by the time that rows are taken some may be another run's or overtaken.
    const named = rows.filter(({ hash }) => claimed.get(id)?.has(hash));
    const arrivals = named.map(({ arrivedAt }) => arrivedAt);
    const isFull = arrivals.length === MAX_ITEMS;
    const settled = began >= Math.max(...arrivals) + SETTLE * 1000;
    const waited = began >= Math.min(...arrivals) + MAX_WAIT * 1000;
    const closed = isFull || settled || waited;
    expect({ id, claimed: arrivals.length, closed }).toEqual({
      id,
      claimed: arrivals.length,
      closed: true,
    });
    rest = rest.filter((row) => !isOf(id, row));
    // The collector has looked by then, and its process may have been busy.
    const looked = began - listedWithin - 1000;
    const left = rest.filter(({ hash }) => entered.get(hash)! < looked);
    if (!isFull) expect({ id, left }).toEqual({ id, left: [] });
  }
  expect(rest).toEqual([]);
}

const isOf = (run: string, row: Row): boolean => 'run' in row && row.run === run;

/**
 * What each claim names; when each drop had been put among those that wait, by its hash, which is later than its event came where the app was
 * busy; and the milliseconds that the slowest listing of those took.
 */
function passedDrops(): {
  claimed: Map<string, Set<string>>;
  entered: Map<string, number>;
  listedWithin: number;
} {
  const claimed = new Map<string, Set<string>>();
  const entered = new Map<string, number>();
  let listedWithin = 0;
  for (const { method, url, body, at, answeredAt = Infinity } of sluice.storageGate.passed) {
    if (method === 'PUT' && url.includes('/open/drops/')) {
      const { run, hashes } = JSON.parse(body.toString()) as Claim;
      claimed.set(run, new Set(hashes));
    }
    const hash = /ledger\/drops\/pending\/(\w*)/.exec(decodeURIComponent(url))?.[1];
    if (method === 'PUT' && hash && !entered.has(hash)) entered.set(hash, answeredAt);
    if (method === 'GET' && hash === '') listedWithin = Math.max(listedWithin, answeredAt - at);
  }
  return { claimed, entered, listedWithin };
}

/** Writes blobs of which nobody is told, a tenth of them twice; versions of a blob in their order. */
async function writeAll(container: string, random: () => number): Promise<Version[]> {
  const { name: account, key } = ACCOUNTS.storage;
  const silent = new BlobServiceClient(
    sluice.urls.azurite,
    new StorageSharedKeyCredential(account, key),
  );
  const client = silent.getContainerClient(container);
  const versions: Version[] = [];
  await eachLimited(
    Array.from({ length: DROPS }, (_, n) => `blob-${n}`),
    16,
    async (name) => {
      for (let version = 1; version <= (random() < 0.1 ? 2 : 1); version++) {
        const { etag } = await client.getBlockBlobClient(name).upload(`${version}`, 1);
        versions.push({ name, etag: etag!, sequencer: `000${version}` });
      }
    },
  );
  return versions;
}

function* inBatches<T>(values: T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}

/** Waits until no drop waits and every run has ended. */
async function ended(pipeline: string): Promise<void> {
  await until(
    'all runs have ended',
    async () => {
      const url = `${sluice.urls.api}/drops?pipeline=${pipeline}&state=pending`;
      const { value } = (await (await fetch(url)).json()) as { value: Row[] };
      const runs = await sluice.runs(pipeline);
      return value.length === 0 && runs.every(({ phase }) => phase === 'done') ? runs : null;
    },
    900,
  );
}

async function versionsInRuns(pipeline: string): Promise<Map<string, number>> {
  const versions = new Map<string, number>();
  for (const { id } of await sluice.runs(pipeline)) {
    for (const { inputs } of (await sluice.manifest(id)).items ?? []) {
      const key = `${inputs[0]!.name} ${inputs[0]!.etag}`;
      versions.set(key, (versions.get(key) ?? 0) + 1);
    }
  }
  return versions;
}

async function rowsOf(pipeline: string): Promise<Row[]> {
  const control = sluice.blobs.getContainerClient('sluice');
  const names: string[] = [];
  for await (const { name } of control.listBlobsFlat({ prefix: `ledger/${pipeline}/rows/` })) {
    names.push(name);
  }
  const rows: Row[] = [];
  await eachLimited(names, 16, async (name) => {
    rows.push(JSON.parse((await control.getBlobClient(name).downloadToBuffer()).toString()) as Row);
  });
  return rows;
}
