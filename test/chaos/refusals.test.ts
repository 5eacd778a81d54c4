import { afterAll, beforeAll, expect, test } from 'vitest';
import { pipelineFile } from '../e2e/harness.ts';
import { type Gated, startGated } from './gated.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

test('what storage refuses for good ends the run at once, with its code and words', async () => {
  const name = 'forbidden';
  sluice.storageGate.judge = ({ method, url }) =>
    method === 'PUT' && url.includes(`/${name}-`) && url.includes('/tally/')
      ? {
          status: 403,
          headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthorizationFailure' },
          body: '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthorizationFailure</Code><Message>Not allowed.\nRequestId:1</Message></Error>',
        }
      : 'forward';
  try {
    await sluice.apply(pipelineFile({ name, command: 'touch "$OUTPUT_DIR/out.txt"' }));
    await sluice.drop(name, { a: '1' });
    const [run] = await sluice.finished(name, 1);
    expect(run).toMatchObject({ status: 'Failed', error: { code: 'StorageRefused' } });
    expect(run!.error!.message).toMatch(/tally.*403 AuthorizationFailure: Not allowed\.$/);
    expect(Date.parse(run!.endedAt!) - Date.parse(run!.startedAt)).toBeLessThan(10_000);
  } finally {
    sluice.storageGate.judge = () => 'forward';
  }
});

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

test('what storage refuses for good before there is a plan ends the run soon, with its code and words', async () => {
  const name = 'unplanned';
  sluice.storageGate.judge = ({ method, url }) =>
    method === 'PUT' && url.includes(`/${name}-`) && url.includes('/plan.json')
      ? {
          status: 403,
          headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthorizationFailure' },
          body: '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthorizationFailure</Code><Message>Not allowed.\nRequestId:1</Message></Error>',
        }
      : 'forward';
  try {
    await sluice.apply(pipelineFile({ name, command: 'true' }));
    await sluice.drop(name, { a: '1' });
    const run = await sluice.ended(name);
    expect(run).toMatchObject({ status: 'Failed', error: { code: 'StorageRefused' } });
    expect(run.error!.message).toMatch(/plan\.json.*403 AuthorizationFailure: Not allowed\.$/);
    expect(Date.parse(run.endedAt!) - Date.parse(run.startedAt)).toBeLessThan(10_000);
  } finally {
    sluice.storageGate.judge = () => 'forward';
  }
});
