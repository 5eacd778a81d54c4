import { setTimeout as sleep } from 'node:timers/promises';
import { readHistory } from '../../local/host/durable/replay-history.ts';
import { pipelineFile, type Sluice } from '../e2e/harness.ts';

type Connected = Omit<Sluice, 'close'>;

/** Time between two drops; about what two cores can turn into runs of their own. */
const APART_MS = 600;

/** Milliseconds from the start of a blob PUT until the run's orchestration runs its first episode. */
export async function dropLatency(sluice: Connected, count: number): Promise<string[]> {
  const command = ': > "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name: 'latency', command, settle: '0s' }));
  const sent = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const name = `drop-${index}`;
    sent.set(name, Date.now());
    await sluice.drop('latency', { [name]: 'x' });
    await sleep(APART_MS);
  }
  const runs = await allRuns(sluice, count);
  const latencies = runs.flatMap(({ id, names }) =>
    names.map((name) => runsAt(sluice, id) - (sent.get(name) ?? 0)),
  );
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return [
    `blob PUT to orchestration running, settle 0s  p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms over ${sorted.length} drops in ${runs.length} runs (aim: p99 250 ms)`,
  ];
}

/** Waits until the runs have ended; a listing shows the newest hundred, so the index is read. */
async function allRuns(
  sluice: Connected,
  items: number,
): Promise<{ id: string; names: string[] }[]> {
  const control = sluice.blobs.getContainerClient('sluice');
  for (;;) {
    const runs: { id: string; names: string[] }[] = [];
    for await (const { name } of control.listBlobsFlat({ prefix: 'index/pipelines/latency/' })) {
      const id = name.replace(/^.*\/\d+\./, '');
      const body = await control.getBlobClient(`runs/${id}/inputs.ndjson`).downloadToBuffer();
      const names = body
        .toString()
        .split('\n')
        .map((line) => (JSON.parse(line) as { name: string }).name);
      runs.push({ id, names });
    }
    const [active] = (
      await control.listBlobsFlat({ prefix: 'active/' }).byPage({ maxPageSize: 1 }).next()
    ).value.segment.blobItems;
    if (!active && runs.reduce((sum, { names }) => sum + names.length, 0) >= items) return runs;
    await sleep(500);
  }
}

function runsAt(sluice: Connected, run: string): number {
  const [first] = readHistory(`${sluice.dataDir}/host`, `${run}-e1`);
  return Date.parse(String(first?.Timestamp));
}
