import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../e2e/actions.ts';
import type { Manifest } from '../e2e/harness.ts';
import { byName, pipelineFile, temporaryFolder, until } from '../e2e/harness.ts';
import type { Passing, Verdict } from './gate.ts';
import { type Gated, startGated } from './gated.ts';

const NAME = 'crashed';
const FILES = Object.fromEntries(
  Array.from({ length: 10 }, (_, n) => [`in/${n}`, `body ${n}\n`] as const),
);
/** What a run merges its outputs to. */
export const MERGED = Object.values(FILES).join('');

/** A stack whose app is killed time and again in runs of ten items. */
export interface Site {
  sluice: Gated;
  /** Every time that a command ran, told by the command itself. */
  ledgerFile: string;
}

/** Gives work a site, which goes with it. */
export async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  const sluice = await startGated();
  const site = { sluice, ledgerFile: `${folder}/ledger` };
  try {
    await prepare(site);
    await work(site);
  } finally {
    await sluice.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare({ sluice, ledgerFile }: Site): Promise<void> {
  const command = `cat "$INPUT" >> ${ledgerFile}\ncat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const rest = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
  await sluice.apply(pipelineFile({ name: NAME, command, pack: 5, match: 'none', rest }));
  await sluice.drop(NAME, FILES);
}

/** What must be the same, however often the app was killed. */
export interface Outcome {
  status: string;
  runs: number;
  items: [name: string, status: string, attempts: number, text: string][];
  merge: unknown;
  merged: string;
  ran: number;
  pools: number;
  jobs: number;
}

/** Takes one run to its end; `judge` decides the app's own requests to storage and Batch by their number. */
export async function runThrough(
  site: Site,
  key: string,
  judge: (request: number) => Verdict = () => 'forward',
): Promise<{ id: string; outcome: Outcome; seen: string[] }> {
  const { sluice, ledgerFile } = site;
  rmSync(ledgerFile, { force: true });
  const before = new Set((await sluice.runs(NAME)).map(({ id }) => id));
  const seen: string[] = [];
  const gate = ({ method, url, headers }: Passing): Verdict => {
    // What tasks ask for is signed in the URL.
    if (!headers.authorization) return 'forward';
    seen.push(`${method} ${url.split('?')[0]}`);
    return judge(seen.length);
  };
  sluice.storageGate.judge = gate;
  sluice.batchGate.judge = gate;
  const id = await start(sluice, key);
  await isOver(sluice, id);
  sluice.storageGate.judge = () => 'forward';
  sluice.batchGate.judge = () => 'forward';
  return { id, outcome: await outcomeOf(site, id, before), seen };
}

/** Asks storage and not the app, since that would be requests of the app. */
function isOver(sluice: Gated, id: string): Promise<true> {
  const mark = sluice.blobs.getContainerClient('sluice').getBlobClient(`active/${id}`);
  return until(`run ${id} is over`, async () => ((await mark.exists()) ? null : true));
}

async function outcomeOf(
  { sluice, ledgerFile }: Site,
  id: string,
  before: Set<string>,
): Promise<Outcome> {
  const runs = await until('the app answers', () => sluice.runs(NAME).catch(() => null));
  const manifest = await sluice.manifest(id);
  return {
    status: manifest.run.status,
    runs: runs.filter((run) => !before.has(run.id)).length,
    items: await itemsOf(sluice, manifest),
    merge: { status: manifest.merge?.status, attempts: manifest.merge?.attempts.length },
    merged: await textOf(sluice, manifest.merge!.outputs[0]!.url),
    ran: readFileSync(ledgerFile, 'utf8').split('\n').length - 1,
    pools: (await sluice.batch.pool.list()).length,
    jobs: (await sluice.batch.job.list()).length,
  };
}

/** Asks for the run until there is an answer, as a client that was cut off does. */
async function start(sluice: Gated, key: string): Promise<string> {
  const body = JSON.stringify({ pipeline: NAME, inputs: Object.keys(FILES) });
  const headers = { 'Idempotency-Key': key };
  return until(`run ${key} has been asked for`, async () => {
    const url = `${sluice.urls.api}/runs`;
    const response = await fetch(url, { method: 'POST', body, headers }).catch(() => null);
    if (!response || response.status >= 500) {
      await sleep(100);
      return null;
    }
    return ((await response.json()) as { id: string }).id;
  });
}

function itemsOf(sluice: Gated, manifest: Manifest): Promise<Outcome['items']> {
  return Promise.all(
    [...byName(manifest)].map(async ([name, { status, attempts, outputs }]) => [
      name,
      status,
      attempts.length,
      await textOf(sluice, outputs[0]!.url),
    ]),
  );
}
