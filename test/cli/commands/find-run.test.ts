import { afterEach, describe, expect, test } from 'vitest';
import { startStubApi } from '../api/stub-api.ts';
import { runCli } from '../cli.ts';
import { sampleRun } from '../view/sample-run.ts';

const ids = [
  'log-rollup-261124015906-1ab870cd937e',
  'log-rollup-261124014902-2bc870cd937f',
  'prices-261123014902-3cd870cd937e',
];
const runs = ids.map((id) => sampleRun({ id }));

let api: Awaited<ReturnType<typeof startStubApi>>;
afterEach(() => api.close());

async function status(text: string) {
  const each = runs.map((run) => [`GET /runs/${run.id}`, { body: run }]);
  api = await startStubApi({
    'GET /runs': { body: { value: runs } },
    ...(Object.fromEntries(each) as Record<string, { body: unknown }>),
  });
  return runCli(['status', text, '--json', '--url', api.url]);
}

describe('a run may be named', () => {
  test.each([
    ['by its id', ids[1]!, ids[1]],
    ['as the latest', 'latest', ids[0]],
    ['by the end of its id', '3cd870cd937e', ids[2]],
    ['by the beginning of its id', 'prices', ids[2]],
  ])('%s', async (_title, text, id) => {
    const { stdout } = await status(text);
    expect((JSON.parse(stdout) as { run: { id: string } }).run.id).toBe(id);
  });

  test('but not by what several ids have', async () => {
    const { code, stderr } = await status('log-rollup');
    expect(stderr).toBe(
      `sluice: 'log-rollup' may be any of 2 runs.\n  Say which: ${ids[0]}  ${ids[1]}\n`,
    );
    expect(code).toBe(2);
  });
});
