import type { ContainerClient } from '@azure/storage-blob';
import { newestFirst, runId } from '../../lib/plan/ids.ts';
import { blockCount, blockOf } from '../../lib/plan/plan.ts';
import { newRun, type RunRecord } from '../../lib/plan/run.ts';
import { runView } from '../../lib/plan/run-view.ts';
import { eachLimited } from '../../lib/store/concurrency.ts';

const IN_FLIGHT = 64;

/** What the API reads of an item's entry. */
type Entry = ReturnType<typeof entryOf>;

/** Writes the index entries of runs that are over, one a second, every hundredth of which failed. */
export async function writeManyRuns(control: ContainerClient, count: number): Promise<void> {
  const now = Date.now();
  await eachLimited(Array(count).keys(), IN_FLIGHT, async (index) => {
    const record = recordOf(new Date(now - 1000 * (index + 1)), index);
    const tasks = { active: 0, running: 0, completed: 10, failed: 0 };
    const items = { items: 100, waiting: 0, running: 0, succeeded: 100, failed: 0 };
    const progress = {
      epoch: 1,
      phase: 'done',
      waiting: null,
      fault: null,
      items,
      tasks,
      failures: [],
    } as const;
    const view = runView(record, { ...progress, failures: [] });
    const metadata = { view: Buffer.from(JSON.stringify(view)).toString('base64url') };
    const entry = newestFirst(record.id, new Date(record.startedAt));
    await put(control, `index/runs/${entry}`, '', metadata);
    const failed = record.status === 'Failed';
    if (failed) await put(control, `index/status/Failed/${entry}`, '', metadata);
  });
}

function recordOf(at: Date, index: number): RunRecord {
  const begun = newRun({
    id: runId('many', at, index.toString(16).padStart(12, '0')),
    pipeline: 'many',
    pipelineHash: 'sha256:0',
    trigger: { kind: 'drop' },
    startedAt: at.toISOString(),
  });
  const status = index % 100 === 0 ? 'Failed' : 'Succeeded';
  return { ...begun, status, endedAt: at.toISOString() };
}

/** Writes a run that has ended, and its manifest's parts, with every hundredth item failed; its id. */
export async function writeLargeRun(control: ContainerClient, items: number): Promise<string> {
  const record = { ...recordOf(new Date(), 0), status: 'Failed' as const };
  const blocks = blockCount(items);
  const parts = Array.from({ length: blocks }, (): Entry[] => []);
  for (let number = 1; number <= items; number++) {
    const item = entryOf(String(number).padStart(6, '0'), number % 100 === 0);
    parts[blockOf(item.id)]?.push(item);
  }
  const file = (name: string): string => `runs/${record.id}/${name}`;
  for (const [part, entries] of parts.entries()) {
    const name = file(`parts/1-${String(part).padStart(4, '0')}`);
    const failed = entries.filter(({ status }) => status === 'Failed');
    await put(control, `${name}.ndjson`, lines(entries));
    await put(control, `${name}.unsuccessful.ndjson`, lines(failed));
  }
  await put(control, file('plan.json'), JSON.stringify({ items }));
  await put(control, file('run.json'), JSON.stringify(record));
  return record.id;
}

function entryOf(id: string, failed: boolean) {
  const url = `http://127.0.0.1:10000/devstoreaccount1/incoming/logs/2026-11-19/web-${id}.log.gz`;
  const status = failed ? ('Failed' as const) : ('Succeeded' as const);
  const cause = failed ? ('ExitCode' as const) : null;
  const at = new Date(0).toISOString();
  const file = { name: `logs/${id}.log.gz`, url, etag: '"0x8DE2A5C9F9E1B00"', size: 123_456 };
  return {
    id,
    status,
    cause,
    message: null,
    signature: failed ? '0123456789ab' : null,
    stderrTail: failed ? 'zcat: invalid compressed data--format violated\n' : null,
    inputs: [file],
    outputs: failed ? [] : [{ ...file, name: 'lines.txt', md5: null }],
    attempts: [
      {
        attempt: 1,
        task: `0000-${id}-a1`,
        status,
        cause,
        exitCode: failed ? 1 : 0,
        startedAt: at,
        endedAt: at,
        stdout: null,
        stderr: failed ? `${url}/stderr.txt` : null,
      },
    ],
  };
}

function lines(entries: Entry[]): string {
  return entries.map((entry) => JSON.stringify(entry)).join('\n');
}

async function put(
  control: ContainerClient,
  name: string,
  body: string,
  metadata: Record<string, string> = {},
): Promise<void> {
  const client = control.getBlockBlobClient(name);
  await client.upload(body, Buffer.byteLength(body), { metadata });
}
