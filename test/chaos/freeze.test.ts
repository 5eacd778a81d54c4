import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchStack, type Stack } from '../../cli/stack/launch.ts';
import type { PartName } from '../../local/stack/parts.ts';
import type { RunRecord } from '../../lib/plan/run.ts';
import { cleanedUp, start, textOf } from '../e2e/actions.ts';
import { byName, connect, type Sluice, temporaryFolder, until } from '../e2e/harness.ts';
import { withChildren } from '../e2e/processes.ts';
import { post } from './gated.ts';
import { LONG } from './long.ts';

/** Seconds without a move after which a run's instance counts as stuck, for the app of this file's stack. */
const STALLED_AFTER = 2;
const dataDir = temporaryFolder();
let stack: Stack;
let sluice: Omit<Sluice, 'close'>;

beforeAll(async () => {
  process.env['SLUICE_STALLED_AFTER_SECONDS'] = String(STALLED_AFTER);
  stack = await launchStack({ dataDir });
  sluice = connect(stack.urls, dataDir);
});
afterAll(async () => {
  await stack.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const FILES = Object.fromEntries(
  Array.from({ length: 10 }, (_, n) => [`in/${n}`, `body ${n}\n`] as const),
);
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
const COMMAND = `sleep 0.3
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;

/** With `SLUICE_CHAOS=long` every part. */
const FROZEN: [part: PartName, words: string][] = LONG
  ? [
      ['host', 'the app and its host'],
      ['batch', 'Batch'],
      ['azurite', 'storage'],
      ['storage', 'the storage gateway'],
    ]
  : [
      ['host', 'the app and its host'],
      ['batch', 'Batch'],
    ];

test.each(FROZEN)(
  'a run ends once and whole though %s (%s) stood still for longer than a run may',
  async (part) => {
    const name = `frozen-${part}`;
    const id = await start(sluice, { name, command: COMMAND, pack: 2, rest: MERGE }, FILES);
    await until('it has a job', async () => {
      const jobs = await sluice.batch.job.list();
      return jobs.length > 0 ? jobs : null;
    });
    const pids = withChildren(stack.processes.find((each) => each.name === part)!.pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await (part === 'batch' ? adopted(id) : standstill());
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await until('it has been looked after', () =>
      post(`${sluice.urls.api}/sweep`).then(
        () => true,
        () => null,
      ),
    );
    const run = await cleanedUp(sluice, id);
    expect(run.status).toBe('Succeeded');
    const manifest = await sluice.manifest(id);
    const items = [...byName(manifest)].map(([item, { attempts }]) => [item, attempts.length]);
    expect(items.toSorted()).toEqual(
      Object.keys(FILES)
        .map((item) => [item, 1])
        .toSorted(),
    );
    const merged = await textOf(sluice, manifest.merge!.outputs[0]!.url);
    expect(merged).toBe(Object.values(FILES).join(''));
    await until('nothing of it is left in Batch', async () => {
      const left = [...(await sluice.batch.pool.list()), ...(await sluice.batch.job.list())];
      return left.length === 0 ? left : null;
    });
  },
  120_000,
);

/** Of Batch the janitor does not need anything to see that a run has not moved. */
function adopted(id: string): Promise<RunRecord> {
  return until('the run has been adopted', async () => {
    await post(`${sluice.urls.api}/sweep`);
    const record = await recordOf(id);
    return record.epoch > 1 ? record : null;
  });
}

function standstill(): Promise<true> {
  const since = Date.now();
  return until('it has stood still for longer than a run may', async () =>
    Date.now() - since > (STALLED_AFTER + 0.5) * 1000 ? true : null,
  );
}

async function recordOf(run: string): Promise<RunRecord> {
  const blob = sluice.blobs.getContainerClient('sluice').getBlobClient(`runs/${run}/run.json`);
  return JSON.parse((await blob.downloadToBuffer()).toString()) as RunRecord;
}
