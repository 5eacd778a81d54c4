import { afterAll, beforeAll, expect, test } from 'vitest';
import { byName, pipelineFile } from '../e2e/harness.ts';
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
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" | wc -l > "$OUTPUT_DIR/n.txt"', outputs: [n.txt] }`;

/** Runs over a fixed number of items; the requests that they took at each gate. */
async function runThrough(name: string): Promise<{ batch: Passing[]; storage: Passing[] }> {
  sluice.batchGate.passed.length = 0;
  sluice.storageGate.passed.length = 0;
  const command = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, pack: 5, settle: '2s', rest: MERGE }));
  const files = Array.from({ length: ITEMS }, (_, n) => [`f${n}`, `${n}\n`]);
  await sluice.drop(name, Object.fromEntries(files));
  const runs = await sluice.finished(name, ITEMS);
  const names: string[] = [];
  for (const { id } of runs) {
    const manifest = await sluice.manifest(id);
    expect(manifest).toMatchObject({
      run: { status: 'Succeeded' },
      merge: { status: 'Succeeded' },
    });
    names.push(...byName(manifest).keys());
  }
  // Late events may make a run of their own.
  expect(new Set(names).size).toBe(ITEMS);
  expect(names).toHaveLength(ITEMS);
  expect(await sluice.batch.pool.list()).toHaveLength(0);
  expect(await sluice.batch.job.list()).toHaveLength(0);
  return { batch: [...sluice.batchGate.passed], storage: [...sluice.storageGate.passed] };
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
    const calm = await runThrough('calm');
    sluice.batchGate.judge = faulty(1);
    sluice.storageGate.judge = faulty(2);
    try {
      const rough = await runThrough('rough');
      expect(rough.batch.filter(({ refused }) => refused).length).toBeGreaterThan(0);
      for (const { refused, at, method, url, body } of rough.batch) {
        if (refused?.retryAfter === undefined) continue;
        const again = rough.batch.find(
          (next) =>
            next.at > at && next.method === method && next.url === url && next.body.equals(body),
        );
        if (again) expect(again.at - at).toBeGreaterThanOrEqual(refused.retryAfter * 1000 - 20);
      }
      // Looks at a job depend on how long it takes; the rest is what has to be done.
      const done = ({ batch, storage }: typeof calm) =>
        [...batch, ...storage].filter(
          ({ url, headers }) => headers.authorization && !/taskcounts/.test(url),
        );
      expect(done(rough).length).toBeLessThan(done(calm).length * 1.9);
    } finally {
      sluice.batchGate.judge = () => 'forward';
      sluice.storageGate.judge = () => 'forward';
    }
  },
  300_000,
);

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
    const from = Date.now() + 4000;
    const until = from + 6000;
    sluice.batchGate.judge = () => {
      const now = Date.now();
      return now > from && now < until ? { status: 503 } : 'forward';
    };
    try {
      const { batch } = await runThrough('outage');
      const recovery = batch.filter(({ at }) => at >= until && at < until + 1000);
      expect(Math.max(...recovery.map(({ underWay }) => underWay))).toBeLessThanOrEqual(16);
      expect(recovery.length).toBeLessThan(60);
    } finally {
      sluice.batchGate.judge = () => 'forward';
    }
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
