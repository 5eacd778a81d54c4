import { newRun } from '../../lib/plan/run.ts';
import type { StoredPipeline } from '../../lib/store/pipelines.ts';
import type { HistoryEvent } from '../../local/host/durable/protocol.ts';
import { readHistory, replayHistory } from '../../local/host/durable/replay-history.ts';
import { run as orchestrator } from '../../orchestrations/run.ts';
import { type Gated, startGated } from '../chaos/gated.ts';
import { getJson, pipelineFile, until } from '../e2e/harness.ts';
import { withChildren } from '../e2e/processes.ts';
import { memory } from './memory.ts';

/** Tasks of a run, and the calls that it may take. */
const LIMITS: [tasks: number, calls: number][] = [
  [1000, 30],
  [10_000, 145],
  [100_000, 1300],
  [1_000_000, 12_500],
];

/** A task that takes no time and leaves the record of its item. */
export const SIMULATED = {
  tasks: [
    {
      duration: 'PT0.1S',
      files: [
        {
          path: 'up/records/{1}.{2}.0.ok.0.{start}.{end}.none',
          forEach: { variable: '^SLUICE_ITEM_', value: '^(\\d+) (\\d+) ' },
        },
      ],
    },
  ],
};

/** Up to this many are measured when no size is asked for: a million take most of an hour. */
const MOST_UNASKED = 100_000;

/**
 * Counts what runs of simulated tasks ask of Batch and how often they list, and measures what they cost the app;
 * `SLUICE_BENCH_TASKS` names one size.
 */
export async function benchCalls(print: (line: string) => void): Promise<void> {
  const wanted = Number(process.env['SLUICE_BENCH_TASKS'] ?? 0);
  for (const [tasks, limit] of LIMITS) {
    const isWanted = wanted === 0 ? tasks <= MOST_UNASKED : wanted === tasks;
    if (!isWanted) continue;
    for (const line of await calls(tasks, limit)) print(line);
  }
}

async function calls(tasks: number, limit: number): Promise<string[]> {
  const sluice = await startGated({ simulation: SIMULATED });
  try {
    const { status, operations, listings, minutes, history, run } = await simulate(sluice, tasks);
    const batch = sum(operations);
    const { name, seconds } = longestActivity(history);
    const each = Object.entries(operations).map(([operation, count]) => `${operation} ${count}`);
    return [
      `${tasks} tasks: ${status}                 ${batch + listings} calls (at most ${limit}), ${minutes.toFixed(1)} min`,
      `  Batch ${batch}: ${each.join(', ')}; listings of records and outputs ${listings}`,
      `  history                                     ${history.length} events (at most 1000); replayed in ${(await replayMs(history, run)).toFixed(2)} ms (at most 5)`,
      `  longest activity of that history            ${name} ${seconds.toFixed(1)} s (at most 300)`,
      ...memory(hostAndApp(sluice.pidOf('host'))).map((line) => `  ${line}`),
      `  the app may take                            512 MB`,
    ];
  } finally {
    await sluice.close();
  }
}

export function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** A run of as many simulated tasks, and what it took. */
export interface Simulated {
  run: string;
  status: string | null;
  /** Calls to Batch, by operation. */
  operations: Record<string, number>;
  /** Listings of records and outputs. */
  listings: number;
  minutes: number;
  /** Of the last instance, since its last fresh start. */
  history: HistoryEvent[];
}

/** Takes a run of as many simulated tasks to its end, on a stack that simulates them. */
export async function simulate(sluice: Gated, tasks: number): Promise<Simulated> {
  let listings = 0;
  sluice.storageGate.judge = ({ url }) => {
    if (/\/sluice-work\?.*comp=list/.test(url)) listings++;
    sluice.storageGate.passed.length = 0;
    sluice.batchGate.passed.length = 0;
    return 'forward';
  };
  const began = performance.now();
  const run = await begin(sluice, tasks);
  const status = await until(`a run of ${tasks} tasks ends`, () => endOf(sluice, run), 7200);
  const { operations } = await getJson<{ operations: Record<string, number> }>(
    `${sluice.urls.batch}/_emulator/requests`,
  );
  const minutes = (performance.now() - began) / 60_000;
  const history = readHistory(`${sluice.dataDir}/host`, `${run}-e1`);
  return { run, status, operations, listings, minutes, history };
}

function hostAndApp(host: number): { name: string; pid: number }[] {
  return withChildren(host).map((pid) => ({ name: pid === host ? 'the host' : 'the app', pid }));
}

/** By when they were asked for and when their answer was taken up. */
function longestActivity(history: HistoryEvent[]): { name: string; seconds: number } {
  let longest = { name: 'none', seconds: 0 };
  const asked = new Map<unknown, HistoryEvent>();
  for (const event of history) {
    if (event.EventType === 4) asked.set(event.EventId, event);
    const { TaskScheduledId } = event as { TaskScheduledId?: number };
    const from = event.EventType === 5 ? asked.get(TaskScheduledId) : undefined;
    if (!from) continue;
    const seconds = (Date.parse(event.Timestamp) - Date.parse(from.Timestamp)) / 1000;
    if (seconds > longest.seconds) longest = { name: String(from.Name), seconds };
  }
  return longest;
}

/** Milliseconds of one replay of a whole history, the median of several. */
async function replayMs(history: HistoryEvent[], run: string): Promise<number> {
  const started = history.find(({ EventType }) => EventType === 0);
  const input = JSON.parse(String(started?.Input)) as unknown;
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const began = performance.now();
    const { error } = await replayHistory({
      orchestrator,
      instanceId: `${run}-e1`,
      input,
      history: structuredClone(history),
    });
    times.push(performance.now() - began);
    if (error) throw new Error(`The replay failed: ${error}`);
  }
  return times.toSorted((a, b) => a - b)[7] ?? 0;
}

/** Drops that one run takes up; more items come from somewhere else. */
const MOST_DROPS = 100_000;

/** Starts a run of as many items. */
async function begin(sluice: Gated, items: number): Promise<string> {
  const name = 'simulated';
  const source = pipelineFile({ name, command: 'true', slots: 16 }).replace('max: 4', 'max: 100');
  if (items <= MOST_DROPS) {
    await sluice.apply(source);
    return claim(sluice, name, items);
  }
  const points = `matrix\n  matrix: { parameters: { n: { from: 1, to: ${items} } } }`;
  await sluice.apply(
    source.replace(/^on: .*\n/m, '').replace('forEach: drop', `forEach: ${points}`),
  );
  const body = JSON.stringify({ pipeline: name });
  const response = await fetch(`${sluice.urls.api}/runs`, { method: 'POST', body });
  if (response.status !== 201) throw new Error(`POST runs: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

/** Writes a run over dropped blobs down, as a collector would, and has the sweep start it. */
async function claim(sluice: Gated, name: string, items: number): Promise<string> {
  const pipeline = await getJson<StoredPipeline>(`${sluice.urls.api}/pipelines/${name}`);
  const run = `${name}-261124001703-6d4dc3b937d4`;
  const row = (n: number) =>
    JSON.stringify({
      container: name,
      name: `item-${n}`,
      etag: '"1"',
      size: 1,
      sequencer: '',
      hash: `${n}`,
    });
  const record = newRun({
    id: run,
    pipeline: name,
    pipelineHash: pipeline.hash,
    trigger: { kind: 'drop' },
    startedAt: new Date().toISOString(),
  });
  const control = sluice.blobs.getContainerClient('sluice');
  const put = async (path: string, body: string): Promise<void> => {
    await control.getBlockBlobClient(path).uploadData(Buffer.from(body));
  };
  await put(
    `runs/${run}/inputs.ndjson`,
    Array.from({ length: items }, (_, n) => row(n)).join('\n'),
  );
  await put(`runs/${run}/pipeline.json`, JSON.stringify(pipeline));
  await put(`active/${run}`, '');
  await put(`runs/${run}/run.json`, JSON.stringify(record));
  await sluice.sweep();
  return run;
}

async function endOf(sluice: Gated, run: string): Promise<string | null> {
  const view = await getJson<{ phase: string; status: string }>(`${sluice.urls.api}/runs/${run}`);
  return view.phase === 'done' ? view.status : null;
}
