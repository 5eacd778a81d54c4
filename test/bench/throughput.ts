import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cpuOf, cpuPerItem } from './cpu.ts';
import { getJson, pipelineFile, type Sluice, temporaryFolder } from '../e2e/harness.ts';

type Connected = Omit<Sluice, 'close'>;

const COMMAND = 'wc -c < "$INPUT" > "$OUTPUT_DIR/out.txt"';

/** Items a second of one run of trivial items, beside xargs over the same number of local files; and its calls to Batch. */
export async function throughput(
  sluice: Connected,
  { items, perTask }: { items: number; perTask: number },
  parts: { name: string; pid: number }[],
): Promise<string[]> {
  const name = `items-${perTask}`;
  await sluice.apply(pipelineFile({ name, command: COMMAND, pack: perTask, settle: '2s' }));
  await fetch(requests(sluice), { method: 'DELETE' });
  const before = cpuOf(parts);
  await sluice.drop(
    name,
    Object.fromEntries(Array.from({ length: items }, (_, index) => [`item-${index}`, 'x'])),
  );
  const runs = await sluice.finished(name, items);
  const after = cpuOf(parts);
  const seconds = runs.reduce(
    (sum, run) => sum + (Date.parse(run.endedAt ?? '') - Date.parse(run.startedAt)) / 1000,
    0,
  );
  const rate = items / seconds;
  const peer = items / xargsSeconds(items);
  const { operations } = await getJson<{ operations: Record<string, number> }>(requests(sluice));
  const calls = Object.entries(operations).map(([operation, count]) => `${operation} ${count}`);
  const total = Object.values(operations).reduce((sum, count) => sum + count, 0);
  const tasks = Math.ceil(items / perTask);
  const floor = 3 + Math.ceil(tasks / 100) + 1 + Math.ceil(tasks / 1000);
  return [
    `${items} trivial items, ${perTask} a task              ${rate.toFixed(0)} items/s; xargs -P: ${peer.toFixed(0)} items/s; ratio ${(rate / peer).toFixed(2)}`,
    cpuPerItem(before, after, items),
    `  calls to Batch                              ${total} in ${runs.length} run(s) (floor ${floor}): ${calls.join(', ')}`,
  ];
}

function requests({ urls }: Connected): string {
  return `${urls.batch}/_emulator/requests`;
}

/** The same command over local files, as many at a time as the emulator runs tasks; no staging, no records, no manifest. */
function xargsSeconds(items: number): number {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'out'));
  const paths = Array.from({ length: items }, (_, index) => join(folder, `item-${index}`));
  for (const path of paths) writeFileSync(path, 'x');
  const script = `INPUT=$0 OUTPUT_DIR=${folder}/out; ${COMMAND}`;
  const began = performance.now();
  const args = ['-P', String(cpus().length * 2), '-n', '1', 'bash', '-c', script];
  const { status } = spawnSync('xargs', args, { input: paths.join('\n') });
  const seconds = (performance.now() - began) / 1000;
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0) throw new Error(`xargs ended with ${status}`);
  return seconds;
}
