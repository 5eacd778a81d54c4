import { rmSync } from 'node:fs';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { launchStack } from '../../cli/stack/launch.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { getJson, temporaryFolder } from '../e2e/harness.ts';
import { cliStart } from './cli-start.ts';
import { writeLargeRun, writeManyRuns } from './many-runs.ts';

const RUNS = 100_000;
const ITEMS = 100_000;

/** Measures the HTTP API over very many runs and items, which are made as records, and the start of the command line. */
export async function benchApi(print: (line: string) => void): Promise<void> {
  for (const line of cliStart()) print(line);
  const dataDir = temporaryFolder();
  const stack = await launchStack({ dataDir, log: print });
  try {
    const { api, azurite } = stack.urls;
    // The app makes its containers when it is first asked.
    await getJson(`${api}/runs`);
    const { name, key } = ACCOUNTS.storage;
    const storage = new BlobServiceClient(azurite, new StorageSharedKeyCredential(name, key));
    const control = storage.getContainerClient('sluice');
    const began = performance.now();
    await writeManyRuns(control, RUNS);
    const run = await writeLargeRun(control, ITEMS);
    print(
      `made ${RUNS} runs and ${ITEMS} items in ${Math.round((performance.now() - began) / 1000)} s`,
    );
    const paths: [string, number][] = [
      ['/runs', 100],
      ['/runs?status=Failed', 100],
      ['/runs?status=Running', 100],
      [`/runs?since=${new Date(Date.now() - 3_600_000).toISOString()}`, 100],
      [`/runs/${run}/items?status=failed&top=1000`, 1000],
      [`/runs/${run}/items?status=succeeded&after=050000`, 1000],
    ];
    for (const [path, aim] of paths) print(await timed(`${api}${path}`, path, aim));
  } finally {
    await stack.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function timed(url: string, path: string, aim: number): Promise<string> {
  const times: number[] = [];
  let found = 0;
  for (let turn = 0; turn < 20; turn++) {
    const began = performance.now();
    found = (await getJson<{ value: unknown[] }>(url)).value.length;
    times.push(performance.now() - began);
  }
  const sorted = times.toSorted((a, b) => a - b).map(Math.round);
  const shown = path.replace(/[a-z]+-\d{12}-[0-9a-f]{12}/, '{id}').replace(/since=.*/, 'since=…');
  return `GET ${shown}: ${found} in least ${sorted[0]} ms, p50 ${sorted[10]} ms, max ${sorted[19]} ms, the first one ${Math.round(times[0] ?? 0)} ms (aim: ${aim} ms)`;
}
