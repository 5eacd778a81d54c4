import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, start } from '../e2e/actions.ts';
import { pipelineFile, type RunView, until } from '../e2e/harness.ts';
import type { Passing, Verdict } from './gate.ts';
import { type Gated, startGated } from './gated.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

const COMMAND = 'touch "$OUTPUT_DIR/out.txt"';

/** As each service words it. */
const FORBIDDEN = {
  storage: {
    status: 403,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthorizationFailure' },
    body: '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthorizationFailure</Code><Message>Not allowed.\nRequestId:1</Message></Error>',
  },
  batch: {
    status: 403,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      code: 'AuthorizationFailure',
      message: { lang: 'en-US', value: 'Not allowed.\nRequestId:1' },
    }),
  },
} satisfies Record<string, Verdict>;

/** Has a service refuse what fits for good, as long as `work` takes. */
async function refusing<T>(
  service: keyof typeof FORBIDDEN,
  fits: (request: Passing) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const gate = service === 'batch' ? sluice.batchGate : sluice.storageGate;
  gate.judge = (request) => (fits(request) ? FORBIDDEN[service] : 'forward');
  try {
    return await work();
  } finally {
    gate.judge = () => 'forward';
  }
}

const puts = (name: string, path: string) => (request: Passing) =>
  request.method === 'PUT' && request.url.includes(`/${name}-`) && request.url.includes(path);

/** A run over one dropped file, whose final state must come soon. */
async function endsSoon(name: string): Promise<RunView> {
  await sluice.apply(pipelineFile({ name, command: COMMAND }));
  await sluice.drop(name, { a: '1' });
  const run = await sluice.ended(name);
  expect(Date.parse(run.endedAt!) - Date.parse(run.startedAt)).toBeLessThan(10_000);
  return run;
}

test('what storage refuses for good ends the run at once, with its code and words', async () => {
  const run = await refusing('storage', puts('forbidden', '/tally/'), () => endsSoon('forbidden'));
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'StorageRefused' } });
  expect(run.error!.message).toMatch(/tally.*403 AuthorizationFailure: Not allowed\.$/);
});

test('what storage refuses for good before there is a plan ends the run soon, with its code and words', async () => {
  const fits = puts('unplanned', '/plan.json');
  const run = await refusing('storage', fits, () => endsSoon('unplanned'));
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'StorageRefused' } });
  expect(run.error!.message).toMatch(/plan\.json.*403 AuthorizationFailure: Not allowed\.$/);
});

test('what Batch refuses for good ends the run at once, with its code and words', async () => {
  const fits = ({ method, url, body }: Passing): boolean =>
    method === 'POST' && url.startsWith('/pools?') && body.includes('refused-');
  const run = await refusing('batch', fits, () => endsSoon('refused'));
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'BatchRefused' } });
  expect(run.error!.message).toMatch(/Adding pool .*403 AuthorizationFailure: Not allowed\.$/);
});

test('a run whose job cannot be ended shows why, and ends once it can', async () => {
  const fits = ({ method, url }: Passing): boolean =>
    method === 'POST' && url.includes('/terminate');
  const id = await refusing('batch', fits, async () => {
    const run = await start(sluice, { name: 'kept', command: COMMAND }, { a: 'a' });
    const fault = await shown('kept');
    expect(fault).toMatchObject({ code: 'BatchRefused' });
    expect(fault.message).toContain('403 AuthorizationFailure: Not allowed.');
    return run;
  });
  expect(await cleanedUp(sluice, id)).toMatchObject({ status: 'Succeeded', fault: null });
}, 120_000);

test('a job that Batch refuses to delete does not keep its pool', async () => {
  const fits = ({ method, url }: Passing): boolean =>
    method === 'DELETE' && url.startsWith('/jobs/');
  const id = await refusing('batch', fits, async () => {
    const run = await start(sluice, { name: 'undeleted', command: COMMAND }, { a: 'a' });
    await shown('undeleted');
    await until('its pool is gone', async () =>
      (await sluice.batch.pool.list()).length === 0 ? true : null,
    );
    return run;
  });
  await cleanedUp(sluice, id);
  expect(await sluice.batch.job.list()).toHaveLength(0);
}, 120_000);

/** What keeps the only run of a pipeline. */
function shown(pipeline: string): Promise<NonNullable<RunView['fault']>> {
  return until('it is shown what keeps the run', async () => {
    const [run] = await sluice.runs(pipeline);
    return run?.fault ?? null;
  });
}
