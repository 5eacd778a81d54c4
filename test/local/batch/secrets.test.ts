import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { redact } from '../../../local/batch/redact.ts';
import { addPoolAndJob, clientFor, completedTasks, startBatch } from './emulator.ts';
import { spawnBatch } from './process.ts';
import { raw } from './raw.ts';

const key = Buffer.from('a secret of this test alone').toString('base64');
const sas = 'https://acct.example/c?sv=2026-01-01&sig=c2VjcmV0%2Bsecret%3D&se=2027';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'batch-secrets-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test.each([
  [`Could not put ${sas}`, 'sig=REDACTED&se=2027'],
  [`{"url":"${sas}"}`, 'sig=REDACTED&se=2027"}'],
  [`key ${key} was used`, 'key REDACTED was used'],
  ['Authorization: SharedKey acct:abc+/=', 'SharedKey acct:REDACTED'],
  ['Authorization: Bearer eyJ0.eyJ1.x', 'Bearer REDACTED'],
  ['signature=none, resign=it', 'signature=none, resign=it'],
])('of %s a log shows …%s', (text, shown) => {
  const logged = redact(text, [key]);
  expect(logged).toContain(shown);
  expect(logged).not.toMatch(/c2VjcmV0|abc\+|eyJ0/);
});

test('what the emulator logs goes through that', async () => {
  const batch = await startBatch({ key });
  // A resource file that cannot be had, and a signature that is wrong, are what it has most to say about.
  await addPoolAndJob(batch.client, 'p');
  await batch.client.task.add('p', {
    id: 't',
    commandLine: 'true',
    resourceFiles: [
      { httpUrl: sas.replace('https://acct.example', 'http://127.0.0.1:1'), filePath: 'x' },
    ],
    constraints: { maxWallClockTime: 'PT0.5S' },
  });
  const { t } = await completedTasks(batch.client, 'p');
  await raw(batch.emulator, { path: '/pools', authorization: `SharedKey devbatch:${key}` });
  await batch.close();
  const seen = [JSON.stringify(t?.executionInfo), ...batch.log].join('\n');
  expect(seen).not.toContain('c2VjcmV0');
  expect(seen).not.toContain(key);
});

test('a key that was given is not printed, except to a parent that asks for JSON', async () => {
  const child = spawn(process.execPath, [
    join(process.cwd(), 'local/batch/main.ts'),
    `--data-dir=${dataDir}`,
    `--key=${key}`,
  ]);
  const line = await new Promise<string>((resolve) =>
    child.stdout.setEncoding('utf8').once('data', resolve),
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
  expect(line).toContain('http://127.0.0.1:');
  expect(line).not.toContain(key);
});

test('it answers on the loopback interface alone', async () => {
  const batch = await spawnBatch(dataDir);
  const { port } = new URL(batch.url);
  expect(await clientFor(batch).pool.list()).toHaveLength(0);
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.internal === false && one.family === 'IPv4')
    .map((one) => one!.address);
  for (const host of ['127.0.0.2', ...outside]) {
    await expect(reach(host, Number(port))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  await batch.end('SIGTERM');
});

function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
