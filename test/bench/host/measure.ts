import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { databasePath } from '../../../local/host/durable/store/open.ts';
import {
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../../local/host/support/running-host.ts';

/** Of /proc/…/stat, a second. */
const TICKS = 100;

export const benchApp = join(import.meta.dirname, 'app');

/** Starts the bench's app on an empty data directory, measures it, and removes both. */
export async function withHost<T>(
  measure: (host: RunningHost, dataDir: string) => Promise<T>,
): Promise<T> {
  const data = temporaryDirectory();
  const host = await startHost({ app: benchApp, dataDir: data.path });
  try {
    return await measure(host, data.path);
  } finally {
    await host.kill('SIGTERM');
    data.remove();
  }
}

/** How long something took, and how much of a processor the host used for it. */
export interface Took {
  seconds: number;
  cpuSeconds: number;
}

/** Runs `count` orchestrations at once, from the first start to the last end. */
export async function secondsOf(
  host: RunningHost,
  dataDir: string,
  { name, count, input = null }: { name: string; count: number; input?: unknown },
): Promise<Took> {
  const db = new DatabaseSync(databasePath(dataDir), { readOnly: true });
  const ended = db.prepare(
    `SELECT count(*) AS ended, min(created_at) AS first, max(updated_at) AS last
     FROM instances WHERE name = ? AND status = 'Completed'`,
  );
  const before = cpuSeconds(host);
  try {
    const url = `${host.url}/api/startMany/${name}/${count}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(input) });
    if (response.status !== 202) throw new Error(`${url} answered ${response.status}`);
    for (;;) {
      const row = ended.get(name);
      if (row?.['ended'] === count) {
        const seconds = (Number(row['last']) - Number(row['first'])) / 1000;
        return { seconds, cpuSeconds: cpuSeconds(host) - before };
      }
      await sleep(20);
    }
  } finally {
    db.close();
  }
}

function cpuSeconds(host: RunningHost): number {
  const ticks = pidsOf(host).map((pid) => {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(afterName[11]) + Number(afterName[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS;
}

/** The processes of a host: its own, and that of the app. */
export function pidsOf({ process: { pid } }: RunningHost): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [Number(pid), ...children.split(' ').filter(Boolean).map(Number)];
}

/** A line of the bench: what was measured, and how it came out. */
export function line(what: string, figure: string): string {
  return `${what.padEnd(45)}${figure}`;
}
