import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, cli, filesOf, post, runOf, start } from '../e2e/actions.ts';
import { byName, type pipelineFile, type RunView, until } from '../e2e/harness.ts';
import type { Held, Passing } from './gate.ts';
import { type Gated, startGated } from './gated.ts';

const SOLD_OUT = 'Standard_D4as_v5';
let sluice: Gated;

beforeAll(async () => {
  const allocation = [{ vmSize: SOLD_OUT, capacity: 0, error: 'AllocationFailed' }];
  sluice = await startGated({ faults: { allocation } });
});
afterAll(() => sluice.close());

/** Where a run is when it is cancelled: at a request that is held, or at something that is seen of it. */
interface Phase {
  name: string;
  command?: string;
  fields?: Partial<Parameters<typeof pipelineFile>[0]>;
  /** Once it has ended, these are dropped over its files and it is redriven. */
  mended?: Record<string, string>;
  hold?: { gate: 'storageGate' | 'batchGate'; method: string; path: RegExp };
  seen?: (run: RunView) => boolean | Promise<boolean>;
  /** How the items end, by cause; null is success. */
  causes: (string | null)[];
  attempts: number[];
}

const FILES = { a: '1', b: '2' };
const FINE = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';
const SLOW = `[ "$NAME" = a ] || sleep 600\n${FINE}`;
const BROKEN = `[ "$NAME" = a ] || grep -q mended "$INPUT" || exit 7`;
const isRunning = ({ counts }: RunView): boolean =>
  Number((counts['tasks'] as { running: number }).running) > 0;

const PHASES: Phase[] = [
  {
    name: 'in-plan',
    hold: { gate: 'storageGate', method: 'PUT', path: /plan\.json/ },
    causes: ['Cancelled', 'Cancelled'],
    attempts: [0, 0],
  },
  {
    name: 'in-pool',
    hold: { gate: 'batchGate', method: 'POST', path: /^\/pools\?/ },
    causes: ['Cancelled', 'Cancelled'],
    attempts: [0, 0],
  },
  {
    name: 'in-waiting',
    fields: { vmSize: SOLD_OUT },
    seen: ({ waiting }) => waiting?.for === 'WaitingForCapacity',
    causes: ['Cancelled', 'Cancelled'],
    attempts: [0, 0],
  },
  {
    name: 'in-submit',
    command: SLOW.replace('[ "$NAME" = a ] || ', ''),
    hold: { gate: 'batchGate', method: 'POST', path: /addtaskcollection/ },
    causes: ['Cancelled', 'Cancelled'],
    attempts: [],
  },
  {
    name: 'in-watch',
    command: SLOW,
    seen: (run) => isRunning(run) && run.counts['succeeded'] === 1,
    causes: [null, 'Cancelled'],
    attempts: [1, 1],
  },
  {
    name: 'in-backoff',
    command: `[ "$NAME" = a ] || exit 7\n${FINE}`,
    fields: { tasks: 'retry: { on: [exit], backoff: 1h }' },
    seen: ({ id }) => exists(`runs/${id}/rounds/2.json`),
    causes: [null, 'Cancelled'],
    attempts: [1, 1],
  },
  {
    name: 'in-merge',
    fields: { rest: `merge: { command: 'sleep 600', outputs: [all.txt] }` },
    seen: (run) => run.phase === 'merge' && isRunning(run),
    causes: [null, null],
    attempts: [1, 1],
  },
  {
    name: 'in-manifest',
    command: `[ "$NAME" = a ] || exit 7\n${FINE}`,
    hold: { gate: 'storageGate', method: 'PUT', path: /parts\/1-0000\.ndjson/ },
    causes: [null, 'ExitCode'],
    attempts: [1, 1],
  },
  {
    name: 'in-replan',
    command: `${BROKEN}\n${FINE}`,
    mended: { b: 'mended' },
    hold: { gate: 'storageGate', method: 'PUT', path: /rounds\/2\.json/ },
    causes: [null, 'Cancelled'],
    attempts: [1, 1],
  },
  {
    name: 'in-redrive',
    command: `${BROKEN}\n${SLOW}`,
    mended: { b: 'mended' },
    seen: isRunning,
    causes: [null, 'Cancelled'],
    attempts: [1, 2],
  },
];

function exists(name: string): Promise<boolean> {
  return sluice.blobs.getContainerClient('sluice').getBlobClient(name).exists();
}

test('a run that is cancelled in any phase ends within ten seconds, and nothing is written after that', async () => {
  const cases = await Promise.all(
    PHASES.map(async (phase) => ({ phase, ...(await reach(phase)) })),
  );
  for (const { phase, run, held } of cases) {
    const asked = await post(sluice, `/runs/${run}/cancel`, { reason: `wrong ${phase.name}` });
    expect(asked).toMatchObject({ status: 202, body: { status: 'Running' } });
    await held?.release();
    const ended = await cleanedUp(sluice, run);
    const { at } = ended.cancel!;
    const took = Date.parse(ended.endedAt!) - Date.parse(at);
    expect({ phase: phase.name, soon: took < 10_000, took }).toMatchObject({ soon: true });
    expect(ended).toMatchObject({ status: 'Cancelled', error: { code: 'Cancelled' } });
    expect(ended.error!.message).toContain(`wrong ${phase.name}`);
  }
  const before = await Promise.all(cases.map(({ run }) => filesOf(sluice, run)));
  for (const { phase, run } of cases) await isAccountedFor(phase, run);
  await runToTheEnd();
  expect(await Promise.all(cases.map(({ run }) => filesOf(sluice, run)))).toEqual(before);
  expect([...(await sluice.batch.pool.list()), ...(await sluice.batch.job.list())]).toEqual([]);
}, 120_000);

/** Starts a run and waits until it is in a phase. */
async function reach({
  name,
  command,
  fields,
  mended,
  hold,
  seen,
}: Phase): Promise<{ run: string; held: Held | null }> {
  const fits = ({ method, url, body }: Passing): boolean =>
    method === hold?.method &&
    hold.path.test(url) &&
    (url.includes(`${name}-`) || body.includes(`${name}-`));
  const holding = hold ? sluice[hold.gate].holdNext(fits) : null;
  const run = await start(sluice, { name, command: command ?? FINE, ...fields }, FILES);
  if (mended) {
    await cleanedUp(sluice, run);
    await sluice.drop(name, mended);
    expect((await post(sluice, `/runs/${run}/redrive`)).status).toBe(202);
  }
  const held = await holding;
  if (seen) {
    await until(`${run} is ${name}`, async () =>
      (await seen(await runOf(sluice, run))) ? run : null,
    );
  }
  return { run, held };
}

async function isAccountedFor(phase: Phase, run: string): Promise<void> {
  const manifest = await sluice.manifest(run);
  expect(manifest.run.status).toBe('Cancelled');
  const items = [...byName(manifest)];
  expect(items.map(([name]) => name)).toEqual(['a', 'b']);
  expect(items.map(([, { cause }]) => cause)).toEqual(phase.causes);
  const cancelled = phase.causes.filter((cause) => cause === 'Cancelled').length;
  expect(manifest.counts.cancelled).toBe(cancelled);
  if (phase.attempts.length > 0) {
    expect(items.map(([, { attempts }]) => attempts.length)).toEqual(phase.attempts);
  }
  if (phase.name === 'in-merge') expect(manifest.merge).toMatchObject({ status: 'Skipped' });
}

/** Time passes, and what still twitched would have written by now. */
async function runToTheEnd(): Promise<void> {
  const id = await start(sluice, { name: 'later', command: FINE }, FILES);
  await cleanedUp(sluice, id);
  expect(await post(sluice, `/runs/${id}/cancel`)).toMatchObject({
    status: 409,
    body: { code: 'Conflict', detail: `Run ${id} has ended already, as Succeeded.` },
  });
}

test('a cancelled run is shown as such, and what it did not get done can be run after all', async () => {
  const command = `[ "$NAME" = a ] || [ -e "${sluice.dataDir}/go" ] || sleep 600\n${FINE}`;
  const rest = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
  const id = await start(sluice, { name: 'resumed', command, rest }, FILES);
  await until('the first item is done', async () =>
    (await runOf(sluice, id)).counts['succeeded'] === 1 ? id : null,
  );
  const cancelled = await cli(sluice, 'cancel', id, '--reason', 'not yet');
  expect(cancelled).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Cancelled, 1 of 2 items') as string,
  });
  const again = await cli(sluice, 'cancel', id);
  expect(again).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('has ended already') as string,
  });
  writeFileSync(`${sluice.dataDir}/go`, '');
  expect(await cli(sluice, 'retry', id)).toMatchObject({ status: 0 });
  expect(await cleanedUp(sluice, id)).toMatchObject({
    status: 'Succeeded',
    cancel: null,
    generation: 2,
  });
  const manifest = await sluice.manifest(id);
  expect(manifest.merge!.outputs[0]!.size).toBe(2);
  expect([...byName(manifest)].map(([, { attempts }]) => attempts.length)).toEqual([1, 2]);
});
