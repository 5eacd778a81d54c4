import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { type Stack, startStack } from '../../local/stack/stack.ts';
import { appSettings, dropSubscription } from '../../cli/stack/launch.ts';
import { byName, connect, pipelineFile, type Sluice, temporaryFolder } from './harness.ts';

let stack: Stack;
let sluice: Omit<Sluice, 'close'>;
const dataDir = temporaryFolder();

beforeAll(async () => {
  stack = await startStack({
    dataDir,
    appDir: '.',
    functions: 'functions/*.ts',
    settings: (urls) => ({ ...appSettings(urls), SLUICE_BATCH_KEY: ACCOUNTS.storage.key }),
    subscriptions: (urls) => [dropSubscription(urls)],
  });
  sluice = connect(stack.urls, dataDir);
});
afterAll(async () => {
  await stack.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a run that Batch refuses ends with what Batch said, and has every item once', async () => {
  await sluice.apply(pipelineFile({ name: 'refused', command: 'true', settle: '300ms' }));
  await sluice.drop('refused', { a: '1', b: '2' });
  const run = await sluice.ended('refused');
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'BatchRefused' } });
  expect(run.error!.message).toMatch(
    /^Adding pool refused-.*: Azure Batch answered 403 AuthenticationFailed/,
  );
  const items = byName(await sluice.manifest(run.id));
  expect([...items].map(([name, { cause }]) => [name, cause])).toEqual([
    ['a', 'NotRun'],
    ['b', 'NotRun'],
  ]);
});
