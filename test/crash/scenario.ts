import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { EventType, type HistoryEvent } from '../../local/host/durable/protocol.ts';
import { databasePath } from '../../local/host/durable/store/open.ts';
import {
  durable,
  raise,
  startHost,
  status,
  temporaryDirectory,
  type RunningHost,
  type Status,
} from '../local/host/support/running-host.ts';

const app = join(import.meta.dirname, 'app');
const instance = 'under-test';

/** One orchestration on a data directory of its own, and the file its activities write to. */
export interface Scenario {
  /**
   * Runs a host until the orchestration has ended or the host was killed; gives the status at the
   * end, or undefined. `killAt` is a FUNCTIONS_HOST_KILL_AT; `killer` may kill the host itself.
   */
  live(killAt: string, killer?: (host: RunningHost) => Promise<void>): Promise<Status | undefined>;
  /** How often each activity has begun. */
  ledger(): Map<string, number>;
  /** How many ends of each activity are kept in the data directory; call while no host runs. */
  kept(): Map<string, number>;
  remove(): void;
}

/** Makes a scenario of one of the orchestrations in `app`. */
export function scenario(orchestration: string): Scenario {
  const data = temporaryDirectory();
  const told = { start: false, event: false };
  const file = join(data.path, 'ledger');
  return {
    async live(killAt, killer) {
      const env = { FUNCTIONS_HOST_KILL_AT: killAt, LEDGER_FILE: file };
      const host = await startHost({ app, dataDir: data.path, env }).catch(diedAtStart);
      if (!host) return undefined;
      const died = once(host.process, 'close').then(() => undefined);
      void killer?.(host);
      const ended = await Promise.race([died, untilEnded(host, orchestration, told)]).catch(
        (error: unknown) => diedMeanwhile(died, error),
      );
      if (ended) await host.kill('SIGTERM');
      else if (host.process.signalCode !== 'SIGKILL') throw new Error(`Not killed: ${host.log()}`);
      return ended;
    },
    ledger: () => counted(existsSync(file) ? readFileSync(file, 'utf8').match(/.+/g) : []),
    kept: () => counted(endsIn(databasePath(data.path))),
    remove: () => data.remove(),
  };
}

/** A host that has work to go on with may be killed before it says that it is ready. */
function diedAtStart(error: Error): undefined {
  if (!error.message.includes('The host ended with null')) throw error;
}

/** What a host has answered to, and must not forget from then on. */
interface Told {
  start: boolean;
  event: boolean;
}

async function untilEnded(host: RunningHost, orchestration: string, told: Told): Promise<Status> {
  if (!told.start) {
    const path = `orchestrators/${orchestration}/${instance}`;
    const { status: answered } = await fetch(durable(host, path), { method: 'POST' });
    // 409 when the host was killed after it had started the orchestration and before it said so.
    if (answered !== 202 && answered !== 409) throw new Error(`${path} answered ${answered}`);
    told.start = true;
  }
  // Without an answer it is raised again; an orchestration takes only the first.
  told.event ||= (await raise(host, instance, 'go', 1)) === 202;
  for (;;) {
    const found = await status(host, instance);
    if (['Completed', 'Failed', 'Terminated'].includes(found.runtimeStatus)) return found;
    await sleep(10);
  }
}

/** A request that the killed host did not answer is no error. */
function diedMeanwhile(died: Promise<undefined>, error: unknown): Promise<undefined> {
  return Promise.race([died, sleep(5_000).then(() => Promise.reject(error))]);
}

/** The activities that history or inbox say have ended, by what they returned or threw. */
function endsIn(path: string): string[] {
  const db = new DatabaseSync(path);
  try {
    const rows = db.prepare('SELECT event FROM history UNION ALL SELECT event FROM inbox').all();
    return rows.flatMap((row) => endOf(JSON.parse(String(row['event']))));
  } finally {
    db.close();
  }
}

function endOf(event: HistoryEvent): string[] {
  if (event.EventType === EventType.TaskCompleted) return [JSON.parse(event.Result ?? '')];
  if (event.EventType !== EventType.TaskFailed) return [];
  return [/refused (\w+)/.exec(event.Reason ?? '')?.[1] ?? `not expected: ${event.Reason}`];
}

function counted(names: readonly string[] | null): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
