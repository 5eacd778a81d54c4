import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { launchStack, type Stack } from '../../cli/stack/launch.ts';
import { cleanedUp, runOf, start, textOf } from '../e2e/actions.ts';
import { byName, connect, type Sluice, temporaryFolder, until } from '../e2e/harness.ts';

/** Parts whose disk runs full, where under the stack's folder that is, and where it is said. */
const PARTS = [
  { part: 'storage', folder: 'azurite', megabytes: 12, says: /Storage cannot keep.*disk full/ },
  {
    part: 'the storage gateway',
    folder: 'storage',
    megabytes: 4,
    says: /The gateway failed:.*disk full/,
  },
  {
    part: 'the app host',
    folder: 'host',
    megabytes: 8,
    says: /disk.*Until then orchestrations wait/,
  },
  { part: 'Batch', folder: 'batch', megabytes: 16, says: /The disk of the data directory is full/ },
];
const FILES = Object.fromEntries(
  Array.from({ length: 10 }, (_, n) => [`in/${n}`, `body ${n}\n`] as const),
);
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
const reason = whyNoDisk();
const skipped = reason === null ? '' : ` (skipped: no small disk can be mounted: ${reason})`;

let dataDir: string;
let disk: string | null = null;
let stack: Stack | null = null;
afterEach(async () => {
  if (disk) rmSync(filler(disk), { force: true });
  await stack?.close();
  if (disk) spawnSync('umount', ['-l', disk]);
  [stack, disk] = [null, null];
  rmSync(dataDir, { recursive: true, force: true });
});

describe.skipIf(reason !== null)(`a full disk${skipped}`, () => {
  test.each(PARTS)(
    'of $part holds a run up, which says so, and it ends whole when there is room again',
    async ({ folder, megabytes, says }) => {
      dataDir = temporaryFolder();
      disk = mount(`${dataDir}/${folder}`, megabytes);
      const log: string[] = [];
      stack = await launchStack({ dataDir, log: (line) => log.push(line) });
      const sluice = connect(stack.urls, dataDir);
      const gate = `${dataDir}/go-on`;
      const command = `until [ -e ${gate} ]; do sleep 0.1; done
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
      const id = await start(sluice, { name: 'full', command, pack: 2, rest: MERGE }, FILES);
      await until('its tasks run', async () => (await isRunning(sluice, id)) || null);
      fill(disk);
      // What people drop meanwhile is refused, and not taken and lost.
      const refused = sluice.drop('full', { late: 'late\n' }).catch(() => 'refused');
      const job = { id: 'late', poolInfo: { poolId: 'none' } };
      if (folder === 'batch') {
        await expect(sluice.batch.job.add(job)).rejects.toMatchObject({ statusCode: 503 });
      }
      await until('it is said that the disk is full', async () =>
        says.test([...log, partLog(dataDir, folder)].join('\n')) ? true : null,
      );
      writeFileSync(gate, '');
      rmSync(filler(disk));
      const isLateThere = (await refused) !== 'refused';
      const run = await cleanedUp(sluice, id);
      expect(run.status).toBe('Succeeded');
      const manifest = await sluice.manifest(id);
      expect([...byName(manifest).keys()].toSorted()).toEqual(Object.keys(FILES).toSorted());
      expect(await textOf(sluice, manifest.merge!.outputs[0]!.url)).toBe(
        Object.values(FILES).join(''),
      );
      const late = sluice.blobs.getContainerClient('full').getBlobClient('late');
      expect(await late.exists()).toBe(isLateThere);
      expect(await sluice.batch.pool.list()).toHaveLength(0);
    },
    120_000,
  );
});

async function isRunning(sluice: Pick<Sluice, 'urls'>, id: string): Promise<boolean> {
  const { tasks } = (await runOf(sluice, id)).counts as { tasks?: { running: number } };
  return (tasks?.running ?? 0) > 0;
}

function partLog(dataDir: string, name: string): string {
  return readFileSync(`${dataDir}/logs/${name}.log`, 'utf8');
}

function filler(folder: string): string {
  return `${folder}/filler`;
}

function whyNoDisk(): string | null {
  const folder = temporaryFolder();
  try {
    mount(folder, 1);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function mount(folder: string, megabytes: number): string {
  mkdirSync(folder, { recursive: true });
  const size = `size=${megabytes}m`;
  const { status, stderr, error } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    size,
    'tmpfs',
    folder,
  ]);
  if (status !== 0) throw error ?? new Error(stderr.toString().trim());
  return folder;
}

/** Leaves not one page. */
function fill(folder: string): void {
  for (const size of [65_536, 4_096]) {
    const args = [
      'if=/dev/zero',
      `of=${filler(folder)}`,
      `bs=${size}`,
      'oflag=append',
      'conv=notrunc',
    ];
    expect(spawnSync('dd', args).status).toBe(1);
  }
}
