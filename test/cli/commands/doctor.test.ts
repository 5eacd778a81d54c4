import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AddressInfo } from 'node:net';
import type { Check } from '../../../cli/doctor/check.ts';
import { nodeCheck } from '../../../cli/doctor/machine.ts';
import { type Answer, startStubApi } from '../api/stub-api.ts';
import { runCli } from '../cli.ts';

let cwd: string;
const open: (() => Promise<void>)[] = [];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-doctor-'));
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  rmSync(cwd, { recursive: true });
});

async function doctor(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const { code, stdout } = await runCli(['doctor', '--json', ...args], { cwd, env });
  const checks = JSON.parse(stdout) as Check[];
  return { code, of: (name: string) => checks.find((check) => check.name === name) };
}

async function against(answers: Record<string, Answer>, env: NodeJS.ProcessEnv = {}) {
  const api = await startStubApi(answers);
  open.push(api.close);
  return doctor(['--url', api.url], env);
}

describe('doctor', () => {
  test('finds what this machine has, and that no stack runs', async () => {
    const { code, of } = await doctor();
    for (const name of ['node', 'bash', 'disk', 'ports']) {
      expect(of(name)).toMatchObject({ name, verdict: 'ok', remedy: null });
    }
    expect(of('api')).toMatchObject({ verdict: 'skipped', remedy: 'Start it with: sluice dev' });
    expect(code).toBe(0);
  });

  test('says which program is missing, and how to get it', async () => {
    const { code, of } = await doctor([], { PATH: '/nowhere' });
    expect(of('setsid')).toEqual({
      name: 'setsid',
      verdict: 'fault',
      detail: 'is not on the PATH; local tasks need it',
      remedy: 'Install it, on Debian and Ubuntu with: apt-get install util-linux',
    });
    expect(code).toBe(2);
  });

  test("says which of the folder's ports another process has", async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(async () => void (await once(server.close(), 'close')));
    const { port } = server.address() as AddressInfo;
    mkdirSync(join(cwd, '.sluice'));
    writeFileSync(join(cwd, '.sluice', 'stack.json'), JSON.stringify({ ports: { host: port } }));
    const { of } = await doctor();
    expect(of('ports')).toMatchObject({
      verdict: 'fault',
      detail: `${port} of 127.0.0.1, which .sluice had, is in use`,
    });
  });

  test('says that nobody answers', async () => {
    const { code, of } = await doctor(['--url', 'http://127.0.0.1:2']);
    expect(of('api')).toMatchObject({
      verdict: 'fault',
      detail: 'No answer from http://127.0.0.1:2/api: nothing listens there.',
    });
    expect(code).toBe(2);
  });

  test.each([
    [{}, 'SLUICE_KEY is not set'],
    [{ SLUICE_KEY: 'wrong' }, 'the one in SLUICE_KEY is not accepted'],
  ])('says that the key is at fault with %j', async (env, detail) => {
    const { code, of } = await against({ 'GET ': { status: 401, body: '' } }, env);
    expect(of('api')).toMatchObject({ verdict: 'ok' });
    expect(of('key')).toMatchObject({ verdict: 'fault', detail });
    expect(of('key')?.remedy).toContain('az functionapp keys list');
    expect(code).toBe(2);
  });

  test('says that storage does not answer, and where the quota of Batch is to be seen', async () => {
    const blobEndpoint = 'http://127.0.0.1:1/devstoreaccount1';
    const { of } = await against({
      'GET ': { body: { name: 'sluice', version: '0.1.0', storage: { blobEndpoint } } },
      'GET /pipelines': { body: { value: [] } },
    });
    expect(of('key')).toMatchObject({ verdict: 'ok', detail: 'none is asked for' });
    expect(of('storage')).toMatchObject({ verdict: 'fault' });
    expect(of('batch')?.remedy).toContain('az batch account show');
  });
});

test.each([
  ['24.21.0', 'ok'],
  ['25.0.0', 'ok'],
  ['20.20.2', 'fault'],
])('Node %s is %s', (version, verdict) => {
  expect(nodeCheck(version).verdict).toBe(verdict);
});
