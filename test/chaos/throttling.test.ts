import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { timesRun } from '../e2e/actions.ts';
import { byName, pipelineFile, until } from '../e2e/harness.ts';
import type { Gate, Passing, Verdict } from './gate.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';
import { seeded } from './random.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

const SEEDS = [1, 2, 3, 4, 5];
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" | wc -l > "$OUTPUT_DIR/n.txt"', outputs: [n.txt] }`;
/** Whose calls are counted, so that nothing else may be going on. */
const LARGE = { count: 60, rest: MERGE, quietFor: 3 };
/** With as few requests as a run can do with: each one that is refused takes its time. */
const SMALL = { count: 3, rest: '', quietFor: 0 };

interface Calls {
  batch: Passing[];
  storage: Passing[];
}

/** One run over so many items, at its end; the requests that it took at each gate, from its being asked for. */
async function runThrough(
  name: string,
  judges?: Record<keyof Calls, Gate['judge']>,
  { count, rest, quietFor } = LARGE,
): Promise<Calls> {
  const ledger = `${sluice.dataDir}/${name}`;
  mkdirSync(ledger);
  const command = `echo >> "${ledger}/$NAME"\ncat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  await sluice.apply(pipelineFile({ name, command, pack: 5, match: 'none', rest }));
  const files = Array.from({ length: count }, (_, n) => [`f${n}`, `${n}\n`]);
  await sluice.drop(name, Object.fromEntries(files) as Record<string, string>);
  // What the drops of those files bring about, which match nothing, is not of the run.
  await quiet(quietFor);
  sluice.batchGate.passed.length = 0;
  sluice.storageGate.passed.length = 0;
  if (judges) setJudges(judges.batch, judges.storage);
  const id = await ask(
    name,
    files.map(([file]) => file!),
  );
  await isOver(id);
  const calls: Calls = {
    batch: [...sluice.batchGate.passed],
    storage: [...sluice.storageGate.passed],
  };
  letAllThrough();
  expect(await sluice.runs(name)).toHaveLength(1);
  const manifest = await sluice.manifest(id);
  expect(manifest.run.status).toBe('Succeeded');
  if (rest === MERGE) expect(manifest.merge).toMatchObject({ status: 'Succeeded' });
  const items = byName(manifest);
  expect(items.size).toBe(count);
  for (const [file, { attempts }] of items) {
    // Nothing goes again but what failed.
    expect(attempts.slice(0, -1).filter(({ cause }) => cause === null)).toEqual([]);
    expect(timesRun(ledger, file)).toBeGreaterThanOrEqual(1);
  }
  expect(await sluice.batch.pool.list()).toHaveLength(0);
  expect(await sluice.batch.job.list()).toHaveLength(0);
  return calls;
}

function setJudges(batch: Gate['judge'], storage: Gate['judge']): void {
  sluice.batchGate.judge = batch;
  sluice.storageGate.judge = storage;
}

function letAllThrough(): void {
  setJudges(
    () => 'forward',
    () => 'forward',
  );
}

/** Waits until the app has asked for nothing for so many seconds. */
function quiet(seconds: number): Promise<true> {
  return until('the app asks for nothing', async () => {
    const last = sluice.storageGate.passed.at(-1);
    return !last || Date.now() - last.at > seconds * 1000 ? true : null;
  });
}

async function ask(pipeline: string, inputs: string[]): Promise<string> {
  const body = JSON.stringify({ pipeline, inputs });
  const headers = { 'Idempotency-Key': pipeline };
  return until(`a run of ${pipeline} has been asked for`, async () => {
    const response = await fetch(`${sluice.urls.api}/runs`, { method: 'POST', body, headers });
    if (response.status >= 500) return null;
    return ((await response.json()) as { id: string }).id;
  });
}

/** Asks storage and not the app, since that would be requests of the app. */
function isOver(id: string): Promise<true> {
  const mark = sluice.blobs.getContainerClient('sluice').getBlobClient(`active/${id}`);
  return until(`run ${id} is over`, async () => ((await mark.exists()) ? null : true), 240);
}

/**
 * Of the app's own requests (those of tasks are signed in the URL) a fifth is refused, and every twentieth answer lost.
 * Of the refusals so large a share names a second to wait.
 */
function faulty(seed: number, waits = 0.5): Gate['judge'] {
  const random = seeded(seed);
  return ({ headers }): Verdict => {
    if (!headers.authorization) return 'forward';
    const drawn = random();
    if (drawn < 0.05) return 'loseAnswer';
    if (drawn > 0.25) return 'forward';
    const status = drawn < 0.15 ? 429 : 503;
    return { status, headers: random() < waits ? { 'retry-after': '1' } : {} };
  };
}

// The first of all: after a refusal fewer requests are allowed for a while.
test('of many requests at once no more than 64 are under way to storage', async () => {
  const { storageGate, urls } = sluice;
  const holding = Array.from({ length: 64 }, () =>
    storageGate.holdNext(({ url }) => url.includes('/none-')),
  );
  const run = `${urls.api}/runs/none-261124001703-6d4dc3b937d4`;
  const answers = Array.from({ length: 150 }, async () => (await fetch(run)).status);
  for (const held of await Promise.all(holding)) void held.release();
  expect(new Set(await Promise.all(answers))).toEqual(new Set([404]));
  expect(Math.max(...storageGate.passed.map(({ underWay }) => underWay))).toBe(64);
});

test.runIf(LONG)(
  'a run ends right though every fifth request is refused and every twentieth answer lost',
  async () => {
    const calm = done(await runThrough('calm'));
    for (const seed of SEEDS) {
      const judges = { batch: faulty(seed * 2 - 1), storage: faulty(seed * 2) };
      const rough = await runThrough(`rough-${seed}`, judges);
      expect(rough.batch.filter(({ refused }) => refused).length).toBeGreaterThan(0);
      honoursRetryAfter(rough.batch);
      honoursRetryAfter(writes(rough.storage));
      // Each call is 1.33 calls for that a quarter of answers does not come; reads after lost answers come on top.
      const times = done(rough).length / calm.length;
      expect({ seed, times, atMost: times <= 1.5 }).toMatchObject({ atMost: true });
    }
  },
  600_000,
);

test('a short run ends right though every fifth request is refused and every twentieth answer lost', async () => {
  const judges = { batch: faulty(1), storage: faulty(2, 0) };
  const { batch, storage } = await runThrough('bumpy', judges, SMALL);
  for (const calls of [batch, storage]) {
    expect(calls.filter(({ refused }) => refused).length).toBeGreaterThan(0);
  }
  honoursRetryAfter(batch);
});

/** What is asked of storage again is the same request surely when it writes: reading one blob twice is no repetition. */
function writes(storage: Passing[]): Passing[] {
  return storage.filter(({ method }) => method === 'PUT');
}

function honoursRetryAfter(calls: Passing[]): void {
  for (const { refused, at, method, url, body } of calls) {
    if (refused?.retryAfter === undefined) continue;
    const again = calls.find(
      (next) =>
        next.at > at && next.method === method && next.url === url && next.body.equals(body),
    );
    if (again) expect(again.at - at).toBeGreaterThanOrEqual(refused.retryAfter * 1000 - 20);
  }
}

/** The app's requests but for looks at a job, which depend on how long it takes; the rest is what has to be done. */
function done({ batch, storage }: Calls): Passing[] {
  return [...batch, ...storage].filter(
    ({ url, headers }) => headers.authorization && !/taskcounts/.test(url),
  );
}

test('a listing whose answer was lost is asked for again, and is not taken for empty', async () => {
  const name = 'listed';
  let lost = 0;
  sluice.storageGate.judge = ({ method, url }) =>
    method === 'GET' && /prefix=runs%2Flisted.*%2F(records|out)%2F/.test(url) && lost++ % 2 === 0
      ? 'loseAnswer'
      : 'forward';
  try {
    await sluice.apply(pipelineFile({ name, command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"' }));
    await sluice.drop(name, { a: '1', b: '2' });
    for (const run of await sluice.finished(name, 2)) expect(run.status).toBe('Succeeded');
    expect(lost).toBeGreaterThan(1);
  } finally {
    sluice.storageGate.judge = () => 'forward';
  }
});

test.runIf(LONG)(
  'an outage of Batch is waited out, without a storm when it is over',
  async () => {
    let end = 0;
    const batch = (): Verdict => {
      const now = Date.now();
      // From a second after the run has come to Batch.
      end ||= now + 7000;
      return now > end - 6000 && now < end ? { status: 503 } : 'forward';
    };
    const calls = await runThrough('outage', { batch, storage: () => 'forward' });
    expect(calls.batch.some(({ refused }) => refused)).toBe(true);
    const recovery = calls.batch.filter(({ at }) => at >= end && at < end + 1000);
    expect(Math.max(...recovery.map(({ underWay }) => underWay))).toBeLessThanOrEqual(16);
    expect(recovery.length).toBeLessThan(60);
  },
  120_000,
);

test('what storage refuses is asked for again no sooner than its Retry-After says', async () => {
  const name = 'patient';
  const isPlan = ({ method, url }: Passing): boolean =>
    method === 'PUT' && url.includes(`/${name}-`) && url.includes('/plan.json');
  let refused = 0;
  sluice.storageGate.judge = (request) =>
    isPlan(request) && refused++ < 2 ? { status: 503, headers: { 'retry-after': '2' } } : 'forward';
  try {
    await sluice.apply(pipelineFile({ name, command: 'touch "$OUTPUT_DIR/out.txt"' }));
    await sluice.drop(name, { a: '1' });
    expect(await sluice.finished(name, 1)).toMatchObject([{ status: 'Succeeded' }]);
    const tries = sluice.storageGate.passed.filter(isPlan);
    expect(tries).toHaveLength(3);
    honoursRetryAfter(tries);
  } finally {
    sluice.storageGate.judge = () => 'forward';
  }
});
