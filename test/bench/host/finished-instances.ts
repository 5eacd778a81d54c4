import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { databasePath } from '../../../local/host/durable/store/open.ts';
import {
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../../local/host/support/running-host.ts';
import { benchApp, line, pidsOf } from './measure.ts';

const COUNT = 100_000;

/** Start and memory of a host on an empty data directory, and on one full of what has ended. */
export async function finishedInstances(): Promise<string[]> {
  const data = temporaryDirectory();
  try {
    const empty = await measure(data.path);
    multiply(databasePath(data.path));
    const full = await measure(data.path);
    return [
      line('host: ready', `${empty.start} ms; with ${COUNT} finished instances ${full.start} ms`),
      line(
        'host: memory',
        `${empty.memory} MB; with ${COUNT} finished instances ${full.memory} MB`,
      ),
    ];
  } finally {
    data.remove();
  }
}

/** Starts a host, runs one orchestration, and gives milliseconds to ready and MB at the end. */
async function measure(dataDir: string): Promise<{ start: number; memory: number }> {
  const began = performance.now();
  const host = await startHost({ app: benchApp, dataDir });
  const start = Math.round(performance.now() - began);
  try {
    await runHelloCities(host);
    return { start, memory: residentMegabytes(host) };
  } finally {
    await host.kill('SIGTERM');
  }
}

async function runHelloCities(host: RunningHost): Promise<void> {
  const response = await fetch(
    `${host.url}/runtime/webhooks/durabletask/orchestrators/helloCities`,
    {
      method: 'POST',
    },
  );
  const { statusQueryGetUri } = (await response.json()) as { statusQueryGetUri: string };
  while ((await fetch(statusQueryGetUri)).status === 202);
}

function residentMegabytes(host: RunningHost): number {
  const kilobytes = pidsOf(host).map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  });
  return Math.round(kilobytes.reduce((sum, each) => sum + each, 0) / 1024);
}

/** Copies the one instance that is there, with its history. */
function multiply(path: string): void {
  const db = new DatabaseSync(path);
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${COUNT})`;
  const columns = (table: string): string =>
    db
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => (name === 'instance_id' ? "printf('%06d', n) || instance_id" : name))
      .join(', ');
  for (const table of ['instances', 'history']) {
    db.exec(`INSERT INTO ${table} ${numbers} SELECT ${columns(table)} FROM numbers, ${table}`);
  }
  db.close();
}
