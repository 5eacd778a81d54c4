import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Answer, startStubApi } from '../api/stub-api.ts';
import { runCli } from '../cli.ts';
import { endedRun, sampleRun } from '../view/sample-run.ts';

const run = sampleRun();
const params = { paths: { type: 'integer' }, fast: { type: 'boolean' }, label: { type: 'string' } };
const stored = { name: 'log-rollup', hash: 'h', updatedAt: '', pipeline: { params } };
const away = { status: 503, body: { title: 'Service Unavailable' } };
const started = { status: 201, body: run };

let api: Awaited<ReturnType<typeof startStubApi>>;
afterEach(() => api.close());

async function start(answers: Record<string, Answer | Answer[]>, ...args: string[]) {
  api = await startStubApi({ 'GET /pipelines/log-rollup': { body: stored }, ...answers });
  const ended = await runCli(['run', 'log-rollup', '--url', api.url, ...args]);
  const sent = api.asked.filter(({ body }) => body !== '');
  return { ...ended, sent, bodies: sent.map(({ body }) => JSON.parse(body) as unknown) };
}

describe('run', () => {
  test('prints the id alone on stdout, and what to type next beside it', async () => {
    const { code, stdout, stderr, bodies } = await start(
      { 'POST /runs': started },
      ...'--input a.gz --input {"prefix":"logs/"} --param paths=20000'.split(' '),
      ...'--param fast=true --param label=12 --param other=x=y'.split(' '),
    );
    expect([code, stdout]).toEqual([0, `${run.id}\n`]);
    expect(stderr).toBe(`follow it with: npx sluice watch ${run.id}\n`);
    expect(bodies).toEqual([
      {
        pipeline: 'log-rollup',
        inputs: ['a.gz', { prefix: 'logs/' }],
        params: { paths: 20_000, fast: true, label: '12', other: 'x=y' },
      },
    ]);
  });

  test('sends again what may not have arrived, each time with the same key', async () => {
    const { code, sent } = await start({ 'POST /runs': [away, away, started] }, '--input', 'a');
    expect(code).toBe(0);
    const keys = sent.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('says how to ask again when it cannot know whether the run was started', async () => {
    const { code, stderr, sent } = await start({ 'POST /runs': away }, '--input', 'a');
    expect(code).toBe(2);
    expect(sent.length).toBeGreaterThan(2);
    const key = sent[0]!.headers['idempotency-key'] as string;
    expect(stderr).toContain(`--idempotency-key ${key}`);
  });

  test('does not send again what was refused', async () => {
    const refused = { title: 'Bad Request', detail: 'No such\n → blob.', code: 'InvalidRequest' };
    const { code, stderr, sent } = await start({
      'POST /runs': { status: 400, body: refused },
    });
    expect([code, sent.length]).toEqual([2, 1]);
    expect(stderr).toBe(
      'sluice: No such → blob. (InvalidRequest)\n  Name what it shall run over with --input; see: npx sluice run --help\n',
    );
  });

  test.each([
    ['Succeeded', 0],
    ['CompletedWithFailures', 1],
  ] as const)('--wait follows the run; %s ends with %i', async (status, expected) => {
    const answers = {
      'POST /runs': started,
      [`GET /runs/${run.id}`]: [{ body: run }, { body: endedRun({ id: run.id, status }) }],
    };
    const { code, stdout } = await start(answers, '--input', 'a', '--wait');
    const [first, ...lines] = stdout.trimEnd().split('\n');
    expect(first).toBe(run.id);
    expect(lines.at(-1)).toContain(status);
    expect(code).toBe(expected);
  });

  test('reads inputs from a file, one a line or as JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-run-'));
    const file = join(folder, 'names');
    writeFileSync(file, 'logs/a b.gz\r\n\n{"seed":1}\n');
    const { bodies } = await start({ 'POST /runs': started }, '--inputs-from', file);
    expect(bodies).toMatchObject([{ inputs: ['logs/a b.gz', { seed: 1 }] }]);
    rmSync(folder, { recursive: true });
  });

  test.each([
    [['--param', 'paths'], /--param paths has no name and value\.\n {2}Give a parameter as NAME=/],
    [['--param', 'a=1', '--param', 'a=2'], /--param a is given twice/],
    [['--inputs-from', '/no/such'], /--inputs-from \/no\/such cannot be read: there is no such/],
    [['--input', '{seed}'], /\{seed\} is not JSON/],
  ])('refuses %j before anything is sent', async (args, message) => {
    const { code, stderr, sent } = await start({ 'POST /runs': started }, ...args);
    expect(stderr).toMatch(message);
    expect([code, sent.length]).toEqual([2, 0]);
  });
});
