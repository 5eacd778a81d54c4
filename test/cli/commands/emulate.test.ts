import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchServiceClient, BatchSharedKeyCredentials } from '@azure/batch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli, startCli } from '../cli.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'emulate-'));
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Starts it on a free port and waits for `lines` lines. */
async function start(args: string[], lines: number) {
  const child = startCli(['emulate', 'batch', '--port', '0', '--data-dir', dataDir, ...args]);
  let out = '';
  for await (const part of child.stdout!.setEncoding('utf8')) {
    out += String(part);
    if (out.split('\n').length > lines) break;
  }
  const end = async (signal: NodeJS.Signals) => {
    const closed = once(child, 'close');
    child.kill(signal);
    return closed;
  };
  return { out, end };
}

describe('emulate batch', () => {
  test('prints one line of JSON, serves the official client, and ends at Ctrl-C', async () => {
    const { out, end } = await start(['--json'], 1);
    const ready = JSON.parse(out) as { url: string; account: string; key: string };
    expect(ready).toMatchObject({ ready: true, account: 'devbatch' });
    expect(Object.keys(ready)).toEqual(['ready', 'url', 'account', 'key']);
    const { url, account, key } = ready;
    const client = new BatchServiceClient(new BatchSharedKeyCredentials(account, key), url);
    expect([...(await client.pool.list())]).toEqual([]);
    const second = await runCli([
      'emulate',
      'batch',
      '--port',
      new URL(url).port,
      '--data-dir',
      join(dataDir, 'other'),
    ]);
    expect(second).toMatchObject({ code: 2 });
    expect(second.stderr).toMatch(/Port \d+ of 127\.0\.0\.1 is in use\.\n.*--port 0/);
    const locked = await runCli(['emulate', 'batch', '--port', '0', '--data-dir', dataDir]);
    expect(locked).toMatchObject({ code: 2 });
    expect(locked.stderr).toMatch(/in use by another Batch emulator/);
    expect(await end('SIGINT')).toEqual([0, null]);
  });

  test('greets with url, account, key and what to try, and takes the account and key it is given', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const { out, end } = await start(['--account', 'mine', '--key', key, '--admin'], 6);
    const url = /http:\S+/.exec(out)?.[0] ?? '';
    expect(await (await fetch(`${url}/_emulator/faults`)).json()).toEqual({});
    expect(out).toMatch(/^ {2}url {6}http:\/\/127\.0\.0\.1:\d+$/m);
    expect(out).toMatch(/^ {2}account {2}mine$/m);
    expect(out).toContain(`  key      ${key}\n`);
    expect(out).toMatch(/^Try it: az batch pool list --account-name mine /m);
    expect(await end('SIGTERM')).toEqual([0, null]);
  });

  test.each([
    [['--account', 'No_Such'], /'No_Such' cannot be the name of a Batch account/],
    [['--key', 'short'], /The key must be base64 of at least 16 bytes/],
    [['--port', 'x'], /Give a number from 0 to 65535/],
    [['--faults', '/none.json'], /--faults \/none\.json cannot be read: ENOENT/],
  ])('refuses %j with a reason and no trace', async (args, message) => {
    const command = ['emulate', 'batch', '--port', '0', '--data-dir', dataDir];
    const { code, stderr } = await runCli([...command, ...args]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });
});
