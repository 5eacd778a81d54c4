import { afterEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../cli/api/types.ts';
import { type Answer, startStubApi } from '../api/stub-api.ts';
import { runCli } from '../cli.ts';
import { endedRun, sampleRun } from '../view/sample-run.ts';

let close: (() => Promise<void>) | undefined;
afterEach(async () => close?.());

async function status(answers: Record<string, Answer>, ...args: string[]) {
  const api = await startStubApi(answers);
  close = api.close;
  const ended = await runCli(['status', '--url', api.url, ...args]);
  return { ...ended, stdout: ended.stdout.replaceAll(api.url, 'URL') };
}

const running = sampleRun({ startedAt: new Date(Date.now() - 200_000).toISOString() });
const id = running.id;

describe('status', () => {
  test('says what to do when there are no runs', async () => {
    const { code, stdout } = await status({ 'GET /runs': { body: { value: [] } } });
    expect(stdout).toBe('no runs yet\nstart one with: npx sluice drop PIPELINE PATH...\n');
    expect(code).toBe(0);
  });

  test('lists runs in the order they come', async () => {
    const { code, stdout } = await status({
      'GET /runs': { body: { value: [running, endedRun()] } },
    });
    const [heading, first, second] = stdout.split('\n');
    expect(heading).toMatch(/^RUN +STATUS +SUCCEEDED +FAILED +TIME +STARTED$/);
    expect(first).toMatch(/▶ Running +299 of 412 +1 +3:2\d +3 min ago$/);
    expect(second).toMatch(/! CompletedWithFailures +411 of 412 +1 +0:41 +\d+ \w+ ago$/);
    expect(code).toBe(0);
  });

  test('shows a run at work', async () => {
    const { code, stdout } = await status({ [`GET /runs/${id}`]: { body: running } }, id);
    expect(stdout).toContain('▶ watch');
    expect(stdout).toContain('299 of 412 succeeded, 1 failed, 12 running');
    expect(stdout).toContain('manifest  comes when the run ends');
    expect(code).toBe(0);
  });

  test('shows the failures of a run that ended, ten of them, and ends with 1', async () => {
    const answers = {
      [`GET /runs/${id}`]: { body: endedRun() },
      [`GET /runs/${id}/manifest`]: { body: manifest(12) },
    };
    const { code, stdout } = await status(answers, id);
    expect(stdout).toMatch(/ITEM +CAUSE +EXIT +INPUT\n000000 +ExitCode +3 +logs\/0\ufffd\.gz\n/);
    expect(stdout).toContain('+2 more');
    expect(stdout).toContain(`manifest  URL/runs/${id}/manifest`);
    expect(code).toBe(1);
  });

  test('gives JSON that a program can read', async () => {
    const answers = {
      [`GET /runs/${id}`]: { body: endedRun() },
      [`GET /runs/${id}/manifest`]: { body: manifest(2) },
    };
    const { code, stdout } = await status(answers, id, '--json');
    const json = JSON.parse(stdout) as { run: unknown; failures: { id: string }[] };
    expect(json.run).toEqual(endedRun());
    expect(json.failures.map((failure) => failure.id)).toEqual(['000000', '000001']);
    expect(code).toBe(1);
  });

  test('names the run that does not exist', async () => {
    const { code, stderr, stdout } = await status(
      { 'GET /runs': { body: { value: [running] } } },
      'nope-1',
    );
    expect(stderr).toBe("sluice: There is no run 'nope-1'.\n  List them with: npx sluice status\n");
    expect([code, stdout]).toEqual([2, '']);
  });

  test('tells what the API says went wrong', async () => {
    const body = {
      title: 'Service Unavailable',
      detail: 'Storage is away.',
      code: 'StorageUnavailable',
    };
    const { code, stderr } = await status({ 'GET /runs': { status: 503, body } });
    expect([code, stderr]).toEqual([2, 'sluice: Storage is away. (StorageUnavailable)\n']);
  });

  test.each([
    ['an error page', { status: 502, body: '<html>' }, /answered 502 Bad Gateway/],
    [
      'a page',
      { body: '<html>' },
      /did not answer with JSON\.\n {2}Is this the address of a Sluice API/,
    ],
    ['no key', { status: 401, body: '' }, /Set SLUICE_KEY/],
  ])('says so when the answer is %s', async (_title, answer, message) => {
    const { code, stderr } = await status({ 'GET /runs': answer });
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

function manifest(failed: number): Manifest {
  const items = Array.from(
    { length: failed },
    (_, index): NonNullable<Manifest['items']>[number] => ({
      id: String(index).padStart(6, '0'),
      status: 'Failed',
      cause: 'ExitCode',
      message: null,
      signature: 's',
      stderrTail: null,
      inputs: [{ name: `logs/${index}\u001b.gz`, url: 'http://x', etag: '"1"', size: 1 }],
      range: null,
      values: {},
      outputs: [],
      attempts: [
        {
          attempt: 1,
          task: 't',
          status: 'Failed',
          cause: 'ExitCode',
          exitCode: 3,
          startedAt: null,
          endedAt: null,
          stdout: null,
          stderr: null,
        },
      ],
    }),
  );
  return {
    schema: 'sluice.manifest/1',
    generation: 1,
    run: {
      id,
      pipeline: 'log-rollup',
      pipelineHash: 'sha256:0',
      params: {},
      status: 'CompletedWithFailures',
    },
    error: null,
    counts: { items: 412, succeeded: 412 - failed, failed, cancelled: 0 },
    failures: [
      {
        signature: 's',
        cause: 'ExitCode',
        exitCode: 3,
        line: 'gzip: *: unexpected end of file\u001b',
        items: failed,
        examples: [],
      },
    ],
    items,
    merge: null,
    parts: null,
  };
}
