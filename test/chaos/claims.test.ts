import { readFileSync, rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Row } from '../../lib/store/ledger.ts';
import { textOf } from '../e2e/actions.ts';
import { byName, pipelineFile, temporaryFolder, until } from '../e2e/harness.ts';
import { crash, pointsOf, SIDES } from './crashes.ts';
import type { Passing, Verdict } from './gate.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';

const FILES = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`in/${n}`, `body ${n}\n`]));

test.concurrent.each(SIDES)(
  'files that are dropped while the app is killed %s any of its requests reached its service are each an item of one run',
  async (side) => {
    const folder = temporaryFolder();
    const sluice = await startGated();
    const site = { sluice, ledgerFile: `${folder}/ledger` };
    try {
      const calm = await dropThrough(site, 'calm', () => 'forward');
      expect(calm.outcome).toEqual(WHOLE);
      const claimed = calm.seen.findIndex((request) => /^PUT .*\/open\//.test(request)) + 1;
      expect(claimed).toBeGreaterThan(10);
      for (const point of new Set([claimed, ...pointsOf(side, calm.seen.length)])) {
        const host = sluice.pidOf('host');
        const { outcome, seen } = await dropThrough(site, `${side}-${point}`, (request) =>
          request === point ? crash(side, host) : 'forward',
        );
        const at = seen[point - 1];
        expect({ point, at, ...outcome }).toEqual({ point, at, ...WHOLE });
      }
    } finally {
      await sluice.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LONG ? 7_200_000 : 180_000,
);

interface Site {
  sluice: Gated;
  /** Every time that a command ran, told by the command itself. */
  ledgerFile: string;
}

/** What must come of the files, in however many runs. */
interface Outcome {
  statuses: string[];
  items: [name: string, status: string, attempts: number, text: string][];
  ran: string[];
  pools: number;
  jobs: number;
}

const WHOLE: Outcome = {
  statuses: ['Succeeded'],
  items: Object.entries(FILES).map(([name, body]) => [name, 'Succeeded', 1, body]),
  ran: Object.values(FILES),
  pools: 0,
  jobs: 0,
};

/**
 * Drops the files for a pipeline of its own and takes them to the end; `judge` decides the app's own requests about them
 * to storage and Batch by their number, from the first row on.
 */
async function dropThrough(
  site: Site,
  key: string,
  judge: (request: number) => Verdict,
): Promise<{ outcome: Outcome; seen: string[] }> {
  const { sluice, ledgerFile } = site;
  const name = `dropped-${key}`;
  rmSync(ledgerFile, { force: true });
  const command = `cat "$INPUT" >> ${ledgerFile}\ncat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  await sluice.apply(pipelineFile({ name, command, pack: 5 }));
  const seen: string[] = [];
  const gate = ({ method, url, headers, body }: Passing): Verdict => {
    // What tasks ask for is signed in the URL; a sweep asks for other pipelines too.
    if (!headers.authorization || !(url.includes(name) || body.includes(name))) return 'forward';
    if (seen.length === 0 && !url.includes(`/ledger/${name}/rows/`)) return 'forward';
    seen.push(`${method} ${url.split('?')[0]}`);
    return judge(seen.length);
  };
  sluice.storageGate.judge = gate;
  sluice.batchGate.judge = gate;
  await sluice.drop(name, FILES);
  await isOver(sluice, name);
  sluice.storageGate.judge = () => 'forward';
  sluice.batchGate.judge = () => 'forward';
  return { outcome: await outcomeOf(site, name), seen };
}

/** Asks storage and not the app, since that would be requests of the app. */
function isOver(sluice: Gated, name: string): Promise<true> {
  return until(`all of ${name} is done`, async () => {
    const states = await rowStates(sluice, name);
    const isDone = states.length === 10 && states.every((state) => state === 'done');
    if (!isDone) return null;
    for (const prefix of [`ledger/${name}/pending/`, `open/${name}/`, `active/${name}-`]) {
      if ((await namesOf(sluice, prefix)).length > 0) return null;
    }
    return true;
  });
}

async function outcomeOf({ sluice, ledgerFile }: Site, name: string): Promise<Outcome> {
  const runs = await until('the app answers', () => sluice.runs(name).catch(() => null));
  const items: Outcome['items'] = [];
  for (const { id } of runs) {
    for (const [input, item] of byName(await sluice.manifest(id))) {
      const body = await textOf(sluice, item.outputs[0]!.url);
      items.push([input, item.status, item.attempts.length, body]);
    }
  }
  return {
    statuses: [...new Set(runs.map(({ status }) => status))],
    items: items.toSorted(([a], [b]) => a.localeCompare(b)),
    ran: (readFileSync(ledgerFile, 'utf8').match(/.+\n/g) ?? []).toSorted(),
    pools: (await sluice.batch.pool.list()).length,
    jobs: (await sluice.batch.job.list()).length,
  };
}

async function rowStates(sluice: Gated, name: string): Promise<string[]> {
  const control = sluice.blobs.getContainerClient('sluice');
  const states: string[] = [];
  for (const row of await namesOf(sluice, `ledger/${name}/rows/`)) {
    const { readableStreamBody } = await control.getBlobClient(row).download();
    states.push((JSON.parse(await text(readableStreamBody!)) as Row).state);
  }
  return states;
}

async function namesOf({ blobs }: Gated, prefix: string): Promise<string[]> {
  const names: string[] = [];
  const control = blobs.getContainerClient('sluice');
  for await (const { name } of control.listBlobsFlat({ prefix })) names.push(name);
  return names;
}
