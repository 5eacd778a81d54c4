import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ManifestItem } from '../../lib/plan/manifest.ts';
import { manifestItemSchema } from '../../lib/plan/manifest-schema.ts';
import { cleanedUp, cli, post, textOf } from './actions.ts';
import {
  type Manifest,
  pipelineFile,
  type Sluice,
  startSluice,
  temporaryFolder,
} from './harness.ts';

/** More than a block of the manifest holds, so that there are two parts. */
const ITEMS = 10_000;
const isAsked = process.env['SLUICE_LONG_TESTS'] === '1';

const folder = temporaryFolder();
let sluice: Sluice;

beforeAll(async () => {
  if (isAsked) sluice = await startSluice();
});
afterAll(async () => {
  await sluice?.close();
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!isAsked)(
  'a run of more items than a part holds has each of them once, and a redrive changes those alone that failed; set SLUICE_LONG_TESTS=1',
  async () => {
    const command = `case "$NAME" in *-7777) [ -e "${folder}/go" ] || { echo "no $NAME" >&2; exit 9; } ;; esac
: > "$OUTPUT_DIR/out.txt"`;
    const source = pipelineFile({
      name: 'large',
      command,
      match: 'nothing',
      pack: 200,
      tasks: 'shell: sh',
    });
    await sluice.apply(source);
    const names = Array.from({ length: ITEMS }, (_, index) => `f${String(index).padStart(5, '0')}`);
    // Two that fail: one in each part.
    names[9000] = 'f09000-7777';
    names[ITEMS - 1] = 'f09999-7777';
    await sluice.drop('large', Object.fromEntries(names.map((name) => [name, ''])));
    const asked = await post(sluice, '/runs', { pipeline: 'large', inputs: names });
    expect(asked.status).toBe(201);
    const { id } = asked.body;
    await cleanedUp(sluice, id, 600);
    const first = await sluice.manifest(id);
    expect(first).toMatchObject({
      items: null,
      counts: { items: ITEMS, succeeded: ITEMS - 2, failed: 2 },
      failures: [{ items: 2, exitCode: 9, line: 'no *' }],
    });
    expect(first.parts!.map(({ items }) => items)).toEqual([9999, ITEMS - 9999]);
    const before = await itemsOf(first);
    expect(before.map(({ inputs }) => inputs[0]!.name)).toEqual(names.toSorted());
    expect(before.map(({ id: item }) => Number(item))).toEqual(names.map((_, index) => index + 1));
    writeFileSync(join(folder, 'go'), '');
    expect((await post(sluice, `/runs/${id}/redrive`)).status).toBe(202);
    await cleanedUp(sluice, id, 300);
    const second = await sluice.manifest(id);
    expect(second).toMatchObject({ generation: 2, counts: { succeeded: ITEMS }, failures: [] });
    const after = await itemsOf(second);
    const failed = before.filter(({ status }) => status === 'Failed').map(({ id: item }) => item);
    expect(after.filter(({ id: item }) => !failed.includes(item))).toEqual(
      before.filter(({ id: item }) => !failed.includes(item)),
    );
    expect(after.filter(({ attempts }) => attempts.length > 1).map(({ id: item }) => item)).toEqual(
      failed,
    );
    expect((await cli(sluice, 'verify', id)).stdout).toContain(`${ITEMS} of ${ITEMS} outputs`);
  },
  900_000,
);

async function itemsOf({ parts }: Manifest): Promise<ManifestItem[]> {
  const items: ManifestItem[] = [];
  for (const { url, md5 } of parts!) {
    const body = await textOf(sluice, url);
    expect(createHash('md5').update(body).digest('hex')).toBe(md5);
    items.push(...body.split('\n').map((line) => manifestItemSchema.parse(JSON.parse(line))));
  }
  return items;
}
