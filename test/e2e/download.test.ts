import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { downloadAll, type Output } from '../../cli/outputs/download.ts';
import { type Sluice, startSluice, temporaryFolder } from './harness.ts';

let sluice: Sluice;
let outer: string;
let folder: string;

beforeAll(async () => {
  sluice = await startSluice();
  await sluice.blobs.createContainer('results');
});
afterAll(() => sluice.close());
beforeEach(() => {
  outer = temporaryFolder();
  folder = join(outer, 'downloads');
});
afterEach(() => rmSync(outer, { recursive: true }));

/** An output as a manifest has it, with its bytes in storage. */
async function output(name: string, body: string, changes: object = {}): Promise<Output> {
  const blob = sluice.blobs
    .getContainerClient('results')
    .getBlockBlobClient(createHash('sha256').update(name).digest('hex'));
  const { etag = '' } = await blob.upload(body, Buffer.byteLength(body));
  const md5 = createHash('md5').update(body).digest('base64');
  const file = { name, url: blob.url, etag, size: Buffer.byteLength(body), md5, ...changes };
  return { item: '000001', file };
}

const download = (...outputs: Output[]) => downloadAll(outputs, { storage: sluice.blobs, folder });

describe('downloaded outputs', () => {
  test('have the bytes that storage has, and stay when they are there already', async () => {
    const outputs = [await output('a.txt', 'one'), await output('deep/b.txt', '')];
    expect(await download(...outputs)).toMatchObject([
      { result: 'downloaded', size: 3 },
      { result: 'downloaded', size: 0 },
    ]);
    expect(readFileSync(join(folder, '000001', 'a.txt'), 'utf8')).toBe('one');
    expect(readdirSync(join(folder, '000001', 'deep'))).toEqual(['b.txt']);
    const again = await download(...outputs);
    expect(again.map(({ result }) => result)).toEqual(['there already', 'there already']);
  });

  test('replace what has the same size and is something else', async () => {
    const file = await output('a.txt', 'one');
    mkdirSync(join(folder, '000001'), { recursive: true });
    writeFileSync(join(folder, '000001', 'a.txt'), 'two');
    expect(await download(file)).toMatchObject([{ result: 'downloaded' }]);
    expect(readFileSync(join(folder, '000001', 'a.txt'), 'utf8')).toBe('one');
  });

  test('never leave the folder, neither by their names nor by a link', async () => {
    mkdirSync(folder);
    symlinkSync(outer, join(folder, 'linked'));
    const linked = { ...(await output('escaped.txt', 'x')), item: 'linked' };
    const climbing = await output('../../climbed.txt', 'x');
    const results = await download(linked, climbing);
    expect(results).toMatchObject([
      { result: 'failed', message: expect.stringContaining('leads out of the folder') as string },
      { result: 'downloaded', path: join(folder, '000001', '%2E%2E', '%2E%2E', 'climbed.txt') },
    ]);
    expect(readdirSync(outer)).toEqual(['downloads']);
  });

  test('that are not as the manifest has them are refused, and leave nothing behind', async () => {
    const results = await download(
      await output('short.txt', 'one', { size: 4 }),
      await output('other.txt', 'one', { md5: 'AAAA' }),
      await output('gone.txt', 'x', { url: `${sluice.urls.blob}/results/none` }),
      await output('good.txt', 'x'),
    );
    expect(results.map(({ name, message = '' }) => `${name} ${message}`)).toEqual([
      'short.txt has 3 bytes instead of 4',
      expect.stringMatching(/^other\.txt has MD5 \S+ instead of AAAA$/),
      'gone.txt BlobNotFound',
      'good.txt ',
    ]);
    expect(readdirSync(join(folder, '000001'))).toEqual(['good.txt']);
  });

  test('of one name are not written over one another', async () => {
    const results = await download(await output('.a', 'one'), await output('%2Ea', 'two'));
    expect(results.map(({ result }) => result).toSorted()).toEqual(['downloaded', 'failed']);
  });
});
