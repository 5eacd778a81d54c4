import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { textOf } from '../e2e/actions.ts';
import type { Manifest } from '../e2e/harness.ts';
import { byName, pipelineFile, temporaryFolder, until } from '../e2e/harness.ts';
import type { Passing, Verdict } from './gate.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';
import { seeded } from './random.ts';

type Side = 'before' | 'after';
/** `SLUICE_CHAOS=long` crashes the app on both sides of every request of a run, or of so many; else after one. */
const SIDES: Side[] = LONG ? ['before', 'after'] : ['after'];
const POINTS = Number(process.env['SLUICE_CHAOS_POINTS'] ?? (LONG ? Number.POSITIVE_INFINITY : 1));
const SEED = Number(process.env['SLUICE_CHAOS_SEED'] ?? 1);

const NAME = 'crashed';
const FILES = Object.fromEntries(
  Array.from({ length: 10 }, (_, n) => [`in/${n}`, `body ${n}\n`] as const),
);

/** A stack whose app is killed time and again. */
interface Site {
  sluice: Gated;
  /** Every time that a command ran, told by the command itself. */
  ledgerFile: string;
}

test.concurrent.each(SIDES)(
  'a run whose app is killed %s any of its requests reached its service comes to the same',
  async (side) => {
    const folder = temporaryFolder();
    const sluice = await startGated();
    const site = { sluice, ledgerFile: `${folder}/ledger` };
    try {
      await prepare(site);
      const calm = await runThrough(site, 'calm', () => 'forward');
      expect(calm.outcome.merged).toBe(Object.values(FILES).join(''));
      expect(calm.seen.length).toBeGreaterThan(50);
      for (const point of pointsOf(side, calm.seen.length)) {
        const host = sluice.pidOf('host');
        const { outcome, seen } = await runThrough(site, `${side}-${point}`, (request) =>
          request === point ? crash(side, host) : 'forward',
        );
        const at = seen[point - 1];
        expect({ point, at, ...outcome }).toEqual({ point, at, ...calm.outcome });
      }
    } finally {
      await sluice.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LONG ? 3_600_000 : 120_000,
);

async function prepare({ sluice, ledgerFile }: Site): Promise<void> {
  const command = `cat "$INPUT" >> ${ledgerFile}\ncat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const rest = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
  await sluice.apply(pipelineFile({ name: NAME, command, pack: 5, match: 'none', rest }));
  await sluice.drop(NAME, FILES);
}

/** Numbers of requests, spread evenly where not all are to be tried. */
function pointsOf(side: Side, requests: number): number[] {
  const all = Array.from({ length: requests }, (_, index) => index + 1);
  if (POINTS >= all.length) return all;
  const random = seeded(SEED * 2 + Number(side === 'after'));
  const share = all.length / POINTS;
  const chosen = Array.from({ length: POINTS }, (_, n) => all[Math.floor((n + random()) * share)]!);
  // Where two shares meet, both may choose the same; its key stands for a run that is over.
  return [...new Set(chosen)];
}

function crash(side: Side, host: number): Verdict {
  const kill = (): void => void process.kill(host, 'SIGKILL');
  if (side === 'after') return { swallowed: kill };
  kill();
  // Nobody is there to read this.
  return { status: 503 };
}

/** What must be the same, however often the app was killed. */
interface Outcome {
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
async function runThrough(
  site: Site,
  key: string,
  judge: (request: number) => Verdict,
): Promise<{ outcome: Outcome; seen: string[] }> {
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
  return { outcome: await outcomeOf(site, id, before), seen };
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
