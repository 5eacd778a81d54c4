import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchStack, type Stack } from '../../cli/stack/launch.ts';
import type { PartName } from '../../local/stack/parts.ts';
import { textOf } from '../e2e/actions.ts';
import {
  byName,
  connect,
  pipelineFile,
  type Sluice,
  temporaryFolder,
  until,
} from '../e2e/harness.ts';
import { LONG } from './long.ts';
import { seeded, shuffled } from './random.ts';

/** `SLUICE_CHAOS=long` kills each part 200 times, in runs of a thousand items. */
const POINTS = Number(process.env['SLUICE_CHAOS_POINTS'] ?? (LONG ? 200 : 20));
/** Points of each part that one test has. */
const POINTS_AT_ONCE = Math.min(POINTS, LONG ? 20 : 5);
const ITEMS = LONG ? 1000 : 100;
/** Items of a task, and tasks that run at once: of four nodes with two slots each. */
const PACK = 5;
const SLOTS = 8;
const LONGEST_PAUSE_MS = LONG ? 2000 : 400;
/** An event that met a dead app six times is delivered again after five minutes, as Event Grid does. */
const LONGEST_END_SECONDS = LONG ? 900 : 240;
const SEED = Number(process.env['SLUICE_CHAOS_SEED'] ?? 1);

const dataDir = temporaryFolder();
/** Every time that a command ran, told by the command itself, outside of everything that is killed. */
const ledgerFile = `${temporaryFolder()}/ledger`;
const log: string[] = [];
let stack: Stack;
let sluice: Omit<Sluice, 'close'>;

beforeAll(async () => {
  stack = await launchStack({ dataDir, log: (line) => log.push(line) });
  sluice = connect(stack.urls, dataDir);
});
afterAll(async () => {
  await stack.close();
  await until('no process of the stack is left', async () =>
    processesIn(dataDir).length === 0 ? true : null,
  );
  rmSync(dataDir, { recursive: true, force: true });
  rmSync(ledgerFile, { force: true });
});

const PARTS: PartName[] = ['host', 'batch', 'azurite', 'storage'];

test.each(
  Array.from({ length: Math.ceil(POINTS / POINTS_AT_ONCE) }, (_, n) => ({
    seed: SEED + n,
    times: POINTS_AT_ONCE * PARTS.length,
  })),
)(
  'runs with $times times kill -9 of any part at random points (seed $seed) lose nothing, double nothing and leave nothing',
  async ({ seed }) => {
    const random = seeded(seed);
    const all = PARTS.flatMap((part) => Array.from({ length: POINTS_AT_ONCE }, () => part));
    const victims = shuffled(all, random);
    // A run is followed by the next until all have had their turn, so that no kill meets a stack that has nothing to do.
    for (let run = 1; victims.length > 0; run++) {
      const name = `kill-${seed}-${run}`;
      await sluice.apply(pipeline(name));
      const files = Array.from({ length: ITEMS }, (_, n) => [`in/${n}`, `body ${n}\n`] as const);
      await sluice.drop(name, Object.fromEntries(files));
      const from = log.length;
      const killed: PartName[] = [];
      while (victims.length > 0 && !(await isOver(name))) {
        await sleep(random() * LONGEST_PAUSE_MS);
        const [part] = victims.splice(0, 1) as [PartName];
        killed.push(part);
        await killAndAwait(part);
      }
      const said = killed.flatMap((part) => [
        `The part "${part}" ended (killed by SIGKILL) and is started again.`,
        `The part "${part}" is up again.`,
      ]);
      expect(log.slice(from)).toEqual(said);
      await isWhole(name, Object.fromEntries(files), killed);
    }
  },
  LONG ? 3_600_000 : 600_000,
);

/** Whether all that was dropped is in runs that have ended; what is down knows of none. */
async function isOver(pipelineName: string): Promise<boolean> {
  const runs = await sluice.runs(pipelineName).catch(() => []);
  const items = runs.reduce((sum, { counts }) => sum + Number(counts['items'] ?? 0), 0);
  return items === ITEMS && runs.every(({ phase }) => phase === 'done');
}

/** Each command tells the ledger that it ran, and copies its input; the merge puts all together. */
function pipeline(name: string): string {
  const command = `echo "${name} $NAME" >> ${ledgerFile}
sleep 0.05
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const rest = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
  return pipelineFile({ name, command, pack: PACK, settle: '1s', rest });
}

async function killAndAwait(part: PartName): Promise<void> {
  const pid = pidOf(part);
  process.kill(pid, 'SIGKILL');
  await until(`${part} is up again`, async () => (pidOf(part) === pid ? null : pidOf(part)));
}

function pidOf(part: PartName): number {
  return stack.processes.find(({ name }) => name === part)!.pid;
}

async function isWhole(
  name: string,
  files: Record<string, string>,
  killed: PartName[],
): Promise<void> {
  const runs = await until(
    `the runs of ${name} have ended`,
    () => sluice.finished(name, ITEMS).catch(() => null),
    LONGEST_END_SECONDS,
  );
  const names: string[] = [];
  const merged: string[] = [];
  let attempts = 0;
  for (const { id } of runs) {
    const manifest = await sluice.manifest(id);
    const items = byName(manifest);
    const failed = [...items.values()].filter(({ status }) => status !== 'Succeeded');
    expect(failed).toEqual([]);
    expect(manifest.run.status).toBe('Succeeded');
    names.push(...items.keys());
    for (const item of items.values()) attempts += item.attempts.length;
    merged.push(...(await textOf(sluice, manifest.merge!.outputs[0]!.url)).trim().split('\n'));
  }
  expect(names.toSorted()).toEqual(Object.keys(files).toSorted());
  expect(merged.toSorted()).toEqual(
    Object.values(files)
      .map((body) => body.trim())
      .toSorted(),
  );
  expect(await sluice.batch.pool.list()).toHaveLength(0);
  expect(await sluice.batch.job.list()).toHaveLength(0);
  // Each ran, and once an attempt; what was under way when its node was killed may have run again, and nothing else.
  const ran = readFileSync(ledgerFile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${name} `));
  expect(new Set(ran).size).toBe(ITEMS);
  const underWay = SLOTS * PACK;
  const nodeKills = killed.filter((part) => part === 'batch').length;
  expect(ran.length).toBeLessThanOrEqual(attempts + nodeKills * underWay);
  expect(processesIn(`${dataDir}/batch`).filter((cwd) => cwd.includes('/tasks/'))).toEqual([]);
}

/** Working directories under a folder, of all processes that run. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const cwd = readlinkSync(`/proc/${pid}/cwd`);
      return cwd.startsWith(folder) ? [cwd] : [];
    } catch {
      // Not a process, gone by now, or somebody else's.
      return [];
    }
  });
}
