import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { byName, type Sluice, startSluice } from './harness.ts';
import { picture, sizeOf } from './pictures.ts';

const SAMPLE = 'examples/thumbnails/sample';
const source = readFileSync('examples/thumbnails/pipeline.yaml', 'utf8');
const { pipeline } = parsePipeline(source, 'pipeline.yaml');

const found = spawnSync('bash', [
  '-c',
  `for each in $(type -aP montage); do "$each" -version; done 2>&1 | grep '^Version: ImageMagick'`,
]);
const missing = found.status === 0 ? '' : ' (ImageMagick is not here: apt-get install imagemagick)';

test('thumbnails says by exit code 127 and in words that ImageMagick is missing', () => {
  for (const command of [pipeline!.tasks.command, pipeline!.merge!.command]) {
    const { status, stderr } = spawnSync('/bin/bash', ['-eo', 'pipefail', '-c', command], {
      env: { PATH: '/nowhere' },
      encoding: 'utf8',
    });
    expect(status).toBe(127);
    expect(stderr).toMatch(/ImageMagick.* is not on this node: apt-get install imagemagick/);
  }
});

describe.skipIf(missing !== '')(`with ImageMagick${missing}`, () => {
  let sluice: Sluice;
  beforeAll(async () => {
    sluice = await startSluice();
    await sluice.apply(source);
  });
  afterAll(() => sluice.close());

  const bytesOf = async (url: string): Promise<Buffer> => {
    const { pathname } = new URL(url);
    const [, , container = '', ...name] = pathname.split('/').map(decodeURIComponent);
    const blob = sluice.blobs.getContainerClient(container).getBlobClient(name.join('/'));
    return blob.downloadToBuffer();
  };

  test('thumbnails fit into their square, keep their shape and are never enlarged', async () => {
    const sample = readdirSync(SAMPLE).map((name) => readFileSync(`${SAMPLE}/${name}`));
    const pictures: Record<string, Buffer> = {
      'wide.png': picture(640, 200, 0),
      'high.png': picture(90, 500, 1),
      'small.png': picture(40, 30, 2),
      'a $(id) %d.png': picture(320, 320, 0),
    };
    sample.forEach((bytes, n) => (pictures[`sample/${n}.png`] = bytes));
    const names = Object.keys(pictures);
    await sluice.drop('pictures', pictures);
    const [run] = await sluice.finished('thumbnails', names.length);
    const manifest = await sluice.manifest(run!.id);
    expect(manifest).toMatchObject({
      run: { status: 'Succeeded' },
      merge: { status: 'Succeeded' },
    });
    const items = byName(manifest);
    expect([...items.keys()].toSorted()).toEqual(names.toSorted());
    for (const [name, { outputs }] of items) {
      const [width, height] = sizeOf(pictures[name]!);
      const scale = Math.min(1, 160 / Math.max(width, height));
      const expected = [width, height].map((side) => Math.round(side * scale));
      expect([name, ...sizeOf(await bytesOf(outputs[0]!.url))]).toEqual([name, ...expected]);
    }
    const rows = Math.ceil(names.length / 4);
    const sheet = await bytesOf(manifest.merge!.outputs[0]!.url);
    expect(sizeOf(sheet)).toEqual([4 * 168, rows * 168]);
  });
});
