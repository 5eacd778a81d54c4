import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawnBatch, type BatchProcess } from '../../local/batch/process.ts';
import { addTasks, openClient, poolBody, untilDone, type Call, type Endpoint } from './client.ts';
import { memory } from '../memory.ts';

/** Measures the Batch emulator, alone and over HTTP, beside the least that could do the same; one line a figure. */
export async function benchBatch(print: (line: string) => void): Promise<void> {
  for (const part of [adding, million, realTasks, virtualDay]) {
    for await (const line of part()) print(line);
  }
}

const label = (text: string): string => text.padEnd(45);
const perSecond = (count: number, seconds: number): string => (count / seconds).toFixed(0);

async function withBatch<T>(
  flags: readonly string[],
  use: (batch: BatchProcess, dataDir: string) => Promise<T>,
  base = tmpdir(),
): Promise<T> {
  const dataDir = mkdtempSync(join(base, 'bench-batch-'));
  const process = await spawnBatch(dataDir, flags);
  try {
    return await use(process, dataDir);
  } finally {
    await process.end('SIGTERM');
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function* adding(): AsyncGenerator<string> {
  const count = 100_000;
  for (const connections of [1, 4, 16]) {
    const options = { count, connections, commandLine: '/bin/true' };
    const bare = await withBare((endpoint) => addTasks(endpoint, 'j', options));
    const ours = await withBatch([], async (emulator) => {
      await addJob(openClient(emulator, 1), 'j', 'none');
      return addTasks(emulator, 'j', options);
    });
    yield `${label(`add tasks, ${connections} connection(s)`)}${perSecond(count, ours)} tasks/s; bare server: ${perSecond(count, bare)}; ratio ${(bare / ours).toFixed(2)} (aim: 40000 tasks/s)`;
  }
}

async function* million(): AsyncGenerator<string> {
  const count = 1_000_000;
  yield* await withBatch([], async (emulator) => {
    const call = openClient(emulator, 1);
    await addJob(call, 'j', 'none');
    const options = { count, connections: 16, commandLine: '/bin/true' };
    const added = await addTasks(emulator, 'j', options);
    const addedMemory = memory([
      { name: 'the emulator at 1M tasks', pid: emulator.child.pid ?? 0 },
    ]);
    const few = await listAll(call, '/jobs/j/tasks?$select=id,state,executionInfo');
    const all = await listAll(call, '/jobs/j/tasks');
    const counts = await median(200, () => call('GET', '/jobs/j/taskcounts'));
    const listedMemory = memory([
      { name: 'the emulator, 1M listed', pid: emulator.child.pid ?? 0 },
    ]);
    return [
      `${label('a million tasks added')}${added.toFixed(1)} s (aim: 25 s)`,
      `${label('a million tasks listed, id state execution')}${few.seconds.toFixed(1)} s, ${few.pages} pages (aim: 3 s)`,
      `${label('a million tasks listed, everything')}${all.seconds.toFixed(1)} s`,
      `${label('counts at a million tasks')}p50 ${counts.toFixed(2)} ms (aim: 2 ms)`,
      ...addedMemory,
      ...listedMemory,
    ];
  });
}

async function* realTasks(): AsyncGenerator<string> {
  const count = 4000;
  for (const base of [tmpdir(), memoryDisk].filter((path) => existsSync(path))) {
    const seconds = await withBatch([], (emulator) => runTasks(emulator, count), base);
    const peer = xargsSeconds(count);
    yield `${label(`bash -c true, added to all done, ${base}`)}${perSecond(count, seconds)} tasks/s; xargs -P2: ${perSecond(count, peer)}; ratio ${(peer / seconds).toFixed(2)} (aim: 1400 tasks/s)`;
  }
  const waits = await withBatch([], startLatencies);
  const at = (share: number): string => (waits[Math.floor(share * waits.length)] ?? 0).toFixed(1);
  yield `${label('idle slot: task sent to its process started')}p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (aim: p50 10 ms)`;
}

// Every task makes two directories and two files, which xargs does not. On ext4 without a journal each costs up to a
// millisecond for minutes after many files were deleted (it looks at each of them before it uses one again).
const memoryDisk = '/dev/shm';

async function runTasks(emulator: BatchProcess, count: number): Promise<number> {
  const call = openClient(emulator, 1);
  await readyPool(call, { id: 'p', nodes: 1, slots: 4 });
  await addJob(call, 'j', 'p');
  const began = performance.now();
  await addTasks(emulator, 'j', { count, connections: 4, commandLine: 'bash -c true' });
  await untilDone(call, 'j');
  return (performance.now() - began) / 1000;
}

/** Milliseconds, sorted, from sending a request to the first thing that the task's process does. */
async function startLatencies(emulator: BatchProcess, dataDir: string): Promise<number[]> {
  const call = openClient(emulator, 1);
  await readyPool(call, { id: 'p', nodes: 1, slots: 1 });
  await addJob(call, 'j', 'p');
  const file = join(dataDir, 'script');
  writeFileSync(file, `echo $EPOCHREALTIME > ${dataDir}/started`);
  const waits: number[] = [];
  for (let index = 0; index < 120; index++) {
    const sent = performance.timeOrigin + performance.now();
    const task = JSON.stringify({ id: `t${index}`, commandLine: `/bin/bash ${file}` });
    await call('POST', '/jobs/j/tasks', task);
    await untilDone(call, 'j');
    waits.push(Number(readFileSync(join(dataDir, 'started'), 'utf8')) * 1000 - sent);
  }
  // The first ones pay for starting the shell.
  return waits.slice(20).toSorted((a, b) => a - b);
}

async function* virtualDay(): AsyncGenerator<string> {
  const count = 24_000;
  yield await withBatch(['--virtual-time', '--admin'], async (emulator) => {
    const call = openClient(emulator, 1);
    const put = (name: string, body: object): Promise<Response> =>
      fetch(`${emulator.url}/_emulator/${name}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await put('time', { automatic: false });
    await put('tasks', { seed: 1, tasks: [{ duration: ['PT30M', 'PT90M'] }] });
    await call('POST', '/pools', poolBody('p', 1000, 1));
    await addJob(call, 'j', 'p');
    await addTasks(emulator, 'j', { count, connections: 4, commandLine: 'simulated' });
    const began = performance.now();
    await put('time', { automatic: true, quiet: 'PT0S' });
    await untilDone(call, 'j');
    const seconds = (performance.now() - began) / 1000;
    return `${label('a day of 1,000 nodes, 24,000 tasks, virtual')}${seconds.toFixed(1)} s; ${perSecond(count, seconds)} tasks/s`;
  });
}

async function withBare<T>(use: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-bare-'));
  const script = join(import.meta.dirname, 'bare.ts');
  const child = spawn(process.execPath, [script, join(directory, 'bare.sqlite')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: child.stdout }).once('line', (text) => resolve(text)),
    );
    return await use(JSON.parse(line) as Endpoint);
  } finally {
    child.stdin.end();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

async function addJob(call: Call, id: string, poolId: string): Promise<void> {
  await call('POST', '/jobs', JSON.stringify({ id, poolInfo: { poolId } }));
}

async function readyPool(
  call: Call,
  { id, nodes, slots }: { id: string; nodes: number; slots: number },
): Promise<void> {
  await call('POST', '/pools', poolBody(id, nodes, slots));
  for (;;) {
    const { value } = JSON.parse(await call('GET', `/pools/${id}/nodes`)) as {
      value: { state: string }[];
    };
    if (value.length === nodes && value.every(({ state }) => state === 'idle')) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function listAll(call: Call, path: string): Promise<{ seconds: number; pages: number }> {
  const began = performance.now();
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; pages++) {
    const text: string = await call('GET', next);
    // Parsing what is listed is the client's cost, but the link is needed.
    const link = /"odata\.nextLink":("(?:[^"\\]|\\.)*")/.exec(text.slice(-2000))?.[1];
    const { pathname, search } = new URL(link === undefined ? 'http://x/' : JSON.parse(link));
    next = link === undefined ? undefined : pathname + search;
  }
  return { seconds: (performance.now() - began) / 1000, pages };
}

async function median(times: number, action: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const began = performance.now();
    await action();
    taken.push(performance.now() - began);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
}

function xargsSeconds(count: number): number {
  const input = Array.from({ length: count }, (_, index) => index).join('\n');
  const began = performance.now();
  const { status } = spawnSync('xargs', ['-P', '2', '-n', '1', 'bash', '-c', 'true'], { input });
  if (status !== 0) throw new Error(`xargs ended with ${status}`);
  return (performance.now() - began) / 1000;
}
