import { afterAll, beforeAll, expect, test } from 'vitest';
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

const ITEMS = 60;
const SEEDS = [1, 2, 3, 4, 5];
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" | wc -l > "$OUTPUT_DIR/n.txt"', outputs: [n.txt] }`;

interface Calls {
  batch: Passing[];
  storage: Passing[];
}

/** One run over a fixed number of items, at its end; the requests that it took at each gate, from its being asked for. */
async function runThrough(name: string, judges?: Record<keyof Calls, Gate['judge']>) {
  const command = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, pack: 5, match: 'none', rest: MERGE }));
  const files = Array.from({ length: ITEMS }, (_, n) => [`f${n}`, `${n}\n`]);
  await sluice.drop(name, Object.fromEntries(files) as Record<string, string>);
  // What the drops of those files bring about, which match nothing, is not of the run.
  await quiet();
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
  expect(manifest).toMatchObject({ run: { status: 'Succeeded' }, merge: { status: 'Succeeded' } });
  expect(byName(manifest).size).toBe(ITEMS);
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

/** Waits until the app has asked for nothing for three seconds. */
function quiet(): Promise<true> {
  return until('the app asks for nothing', async () => {
    const last = sluice.storageGate.passed.at(-1);
    return !last || Date.now() - last.at > 3000 ? true : null;
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

/** Of the app's own requests (those of tasks are signed in the URL) a fifth is refused, and every twentieth answer lost. */
function faulty(seed: number): Gate['judge'] {
  const random = seeded(seed);
  return ({ headers }): Verdict => {
    if (!headers.authorization) return 'forward';
    const drawn = random();
    if (drawn < 0.05) return 'loseAnswer';
    if (drawn > 0.25) return 'forward';
    const status = drawn < 0.15 ? 429 : 503;
    return { status, headers: random() < 0.5 ? { 'retry-after': '1' } : {} };
  };
}

test.runIf(LONG)(
  'a run ends right though every fifth request is refused and every twentieth answer lost',
  async () => {
    const calm = done(await runThrough('calm'));
    for (const seed of SEEDS) {
      const judges = { batch: faulty(seed * 2 - 1), storage: faulty(seed * 2) };
      const rough = await runThrough(`rough-${seed}`, judges);
      expect(rough.batch.filter(({ refused }) => refused).length).toBeGreaterThan(0);
      honoursRetryAfter(rough.batch);
      // Each call is 1.33 calls for that a quarter of answers does not come; reads after lost answers come on top.
      const times = done(rough).length / calm.length;
      expect({ seed, times, atMost: times <= 1.5 }).toMatchObject({ atMost: true });
    }
  },
  600_000,
);

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

test('what Batch refuses for good ends the run at once, with its code and words', async () => {
  const name = 'refused';
  sluice.batchGate.judge = ({ method, url, body }) =>
    method === 'POST' && url.startsWith('/pools?') && body.includes(`${name}-`)
      ? {
          status: 403,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            code: 'AuthorizationFailure',
            message: { lang: 'en-US', value: 'Not allowed.\nRequestId:1' },
          }),
        }
      : 'forward';
  try {
    await sluice.apply(pipelineFile({ name, command: 'true' }));
    await sluice.drop(name, { a: '1' });
    const [run] = await sluice.finished(name, 1);
    expect(run).toMatchObject({ status: 'Failed', error: { code: 'BatchRefused' } });
    expect(run!.error!.message).toMatch(/Adding pool .*403 AuthorizationFailure: Not allowed\.$/);
    expect(Date.parse(run!.endedAt!) - Date.parse(run!.startedAt)).toBeLessThan(10_000);
  } finally {
    sluice.batchGate.judge = () => 'forward';
  }
});
