import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eachLimited } from '../../lib/store/concurrency.ts';
import type { Row } from '../../lib/store/ledger.ts';
import { getJson, type Manifest, pipelineFile, temporaryFolder, until } from '../e2e/harness.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';
import { seeded } from './random.ts';
import { deliver, storageEvent } from './send-event.ts';

/** `SLUICE_CHAOS=long` generates ten thousand names beside those that are kept. */
const GENERATED = LONG ? 10_000 : 20;

let sluice: Gated;
/** What the names would make or write, were they ever run. */
const canaries = temporaryFolder();

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(async () => {
  await sluice.close();
  rmSync(canaries, { recursive: true, force: true });
});

// No characters that XML cannot carry: Azurite answers 500 to any listing that would have to show one.
const FRAGMENTS = [
  '$(touch {canary})',
  '`touch {canary}`',
  ';touch {canary};',
  '|',
  '&',
  '>{canary}',
  '<',
  '"',
  "'",
  '$',
  '\n',
  '\r',
  '\t',
  ' ',
  '*',
  '?',
  '[',
  ']',
  '{',
  '}',
  '~',
  '#',
  '!',
  '%',
  '%2e',
  '%2F',
  '-rf',
  '--',
  '=',
  '/',
  '.',
  '..x',
  'é',
  '中',
  '😀',
  '\u202E',
  '\u00a0',
  'a',
  'B',
  '0',
  '\u2028',
];

function names(): string[] {
  const kept = JSON.parse(
    readFileSync(join(import.meta.dirname, 'corpus/hostile-names.json'), 'utf8'),
  ) as string[];
  const random = seeded(9);
  const generated = Array.from({ length: GENERATED }, (_, n) => {
    const parts = Array.from(
      { length: 1 + Math.floor(random() * 8) },
      () => FRAGMENTS[Math.floor(random() * FRAGMENTS.length)]!,
    );
    return `${n}${parts.join('')}`;
  });
  const all = [...kept, ...generated].map((name) => name.replaceAll('{canary}', `${canaries}/x`));
  // The client that uploads would write these under another name; the next test has them.
  return [...new Set(all)].filter((name) => !/(^|\/)\.{1,2}(\/|$)|\\/.test(name));
}

/**
 * Ends a command that sees a file on any node outside of all tasks' folders, or in its own a name that Sluice would not
 * give. What others tidy up meanwhile is no matter.
 */
const LOOK_FOR_STRAYS = `strays=$({
  find "$AZ_BATCH_NODE_ROOT_DIR/.." -path '*/workitems/*/job-1/*' -prune -o ! -type d -print
  LC_ALL=C find "$AZ_BATCH_TASK_DIR" -name '*[!A-Za-z0-9._-]*'
} 2> /dev/null) || true
[ -z "$strays" ] || { echo "$strays" >&2; exit 3; }`;

/** What there is of such names where a task may get to that leaves its folder. */
function foundAround(all: string[]): string[] {
  const places = [dirname(sluice.dataDir), sluice.dataDir, homedir(), process.cwd()];
  return places.flatMap((place) => all.map((name) => join(place, name)).filter(existsSync));
}

test('whatever blobs are called, nothing of a name runs, none gets to a file system, and each arrives byte for byte in task and manifest', async () => {
  const name = 'hostile';
  const command = `${LOOK_FOR_STRAYS}
printf %s "$NAME" > "$OUTPUT_DIR/name.txt"
cmp -s "$INPUT" "$OUTPUT_DIR/name.txt"`;
  await sluice.apply(
    pipelineFile({
      name,
      command,
      pack: 20,
      outputs: '[name.txt]',
      settle: '3s',
      rest: 'keep: { logs: 1d }',
    }),
  );
  const all = names();
  const watched = [...all, 'x'];
  const before = foundAround(watched);
  await sluice.drop(name, Object.fromEntries(all.map((each) => [each, each])));
  const runs = await until(
    'every name is in a run that has ended',
    async () => {
      const runs = await sluice.runs(name);
      const items = runs.reduce((sum, { counts }) => sum + Number(counts['items'] ?? 0), 0);
      const ended = runs.length > 0 && runs.every(({ phase }) => phase === 'done');
      return ended && items === all.length ? runs : null;
    },
    600,
  );
  const seen: string[] = [];
  for (const { id } of runs) {
    const manifest = await sluice.manifest(id);
    expect(manifest.counts).toMatchObject({ failed: 0 });
    await eachLimited(await itemsOf(manifest), 16, async (item) => {
      seen.push(item.inputs[0]!.name);
      const blob = sluice.blobs
        .getContainerClient('sluice-work')
        .getBlobClient(`runs/${id}/out/${item.id}/a1/name.txt`);
      expect((await blob.downloadToBuffer()).toString()).toBe(item.inputs[0]!.name);
    });
  }
  expect(await asideOf(name)).toEqual([]);
  expect(seen.toSorted()).toEqual(all.toSorted());
  expect(readdirSync(canaries)).toEqual([]);
  expect(foundAround(watched)).toEqual(before);
}, 900_000);

test('names that no client can write but an event may carry are set aside, and run nothing', async () => {
  const name = 'carried';
  await sluice.apply(pipelineFile({ name, command: 'touch "$OUTPUT_DIR/out.txt"' }));
  const hostile = [
    '../../etc/passwd',
    'a/../../b',
    'back\\..\\slash',
    './.',
    'a/./b',
    `..\\${canaries}/x`,
  ];
  const events = hostile.map((each) => storageEvent({ container: name, name: each, etag: '0x1' }));
  expect(await deliver(sluice.urls, ...events)).toBeLessThan(300);
  const rows = await until('all are set aside', async () => {
    const found = await asideOf(name);
    return found.length === hostile.length ? found : null;
  });
  expect(rows.map((row) => row.name).toSorted()).toEqual(hostile.toSorted());
  expect(await sluice.runs(name)).toEqual([]);
  expect(readdirSync(canaries)).toEqual([]);
});

async function asideOf(pipeline: string): Promise<Row[]> {
  return (await getJson<{ value: Row[] }>(`${sluice.urls.api}/drops?pipeline=${pipeline}`)).value;
}

async function itemsOf(manifest: Manifest): Promise<NonNullable<Manifest['items']>> {
  if (manifest.items) return manifest.items;
  const items: NonNullable<Manifest['items']> = [];
  for (const { url } of manifest.parts ?? []) {
    const path = decodeURIComponent(new URL(url).pathname).replace(/^\/[^/]+\/sluice\//, '');
    const body = await sluice.blobs
      .getContainerClient('sluice')
      .getBlobClient(path)
      .downloadToBuffer();
    items.push(
      ...body
        .toString()
        .split('\n')
        .map((line) => JSON.parse(line) as (typeof items)[number]),
    );
  }
  return items;
}
