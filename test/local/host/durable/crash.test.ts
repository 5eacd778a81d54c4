import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  eventually,
  failToStart,
  raise,
  start,
  startHost,
  status,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';

let data: ReturnType<typeof temporaryDirectory>;
let host: RunningHost | undefined;
beforeEach(() => void (data = temporaryDirectory()));
afterEach(async () => {
  await host?.kill('SIGKILL');
  data.remove();
});

async function restart(): Promise<RunningHost> {
  await host?.kill('SIGKILL');
  host = await startHost({ dataDir: data.path });
  return host;
}

describe('after kill -9', () => {
  it('a fan-out goes on, and no step that completed runs again', async () => {
    const file = join(data.path, 'ledger');
    const count = 300;
    await restart();
    await start(host!, 'ledgerFanOut', { file, count, ms: 40 }, 'fan');
    const runsWhenDone = new Map<string, number>();
    for (const share of [0.2, 0.5, 0.8]) {
      await eventually(
        () => lines(file).length,
        (seen) => seen >= count * share,
      );
      const done = await completedSteps(host!);
      await restart();
      const runs = runsOf(file);
      for (const name of done) runsWhenDone.set(name, runsWhenDone.get(name) ?? runs.get(name)!);
    }
    expect((await untilEnd(host!, 'fan')).output).toBe(count);

    const runs = runsOf(file);
    expect(runs.size).toBe(count + 1);
    expect(runsWhenDone.size).toBeGreaterThan(0);
    expect([...runsWhenDone].filter(([name, known]) => runs.get(name) !== known)).toEqual([]);
    // Only what was in flight when the host was killed ran again: at most 10 per core, three times.
    const again = lines(file).length - runs.size;
    expect(again).toBeLessThanOrEqual(3 * 10 * 8);
  });

  it('events, timers and sub-orchestrations that were waited for still arrive', async () => {
    await restart();
    await start(host!, 'waiter', undefined, 'waiter');
    await start(host!, 'race', { seconds: 1 }, 'timer');
    await start(host!, 'parent', undefined, 'parent');
    await until(host!, 'parent:child', 'Running');
    await until(host!, 'timer', 'Running');
    await restart();
    await raise(host!, 'waiter', 'approval', 'late');
    await raise(host!, 'parent:child', 'approval', 'child');
    expect((await untilEnd(host!, 'waiter')).output).toEqual({ got: 'late' });
    expect((await untilEnd(host!, 'parent')).output).toEqual({ got: 'child' });
    expect((await untilEnd(host!, 'timer')).output).toEqual({ winner: 'timer' });
  });

  it('a start that was answered is not forgotten', async () => {
    await restart();
    await start(host!, 'chain', { steps: 30 }, 'chain');
    await restart();
    expect((await untilEnd(host!, 'chain')).output).toBe(31);
  });
});

/** Names of ledger lines whose activity history says has completed. */
async function completedSteps(running: RunningHost): Promise<string[]> {
  const { historyEvents } = await status(
    running,
    'fan',
    '?showHistory=true&showHistoryOutput=true',
  );
  return historyEvents!
    .filter((event) => event['EventType'] === 'TaskCompleted')
    .map((event) => String(event['Result']));
}

/** How often each step has run. */
function runsOf(file: string): Map<string, number> {
  const runs = new Map<string, number>();
  for (const line of lines(file)) runs.set(line, (runs.get(line) ?? 0) + 1);
  return runs;
}

function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

describe('a data directory', () => {
  it('is refused to a second host while the first one runs, and free again after kill -9', async () => {
    await restart();
    const second = await failToStart({ dataDir: data.path });
    expect(second.code).toBe(1);
    expect(second.log).toContain('is in use by another Functions host');
    await restart();
    expect(host!.url).toMatch(/^http/);
  });

  it('of schema version 1 is read as what it is, and what was under way goes on', async () => {
    makeDatabase(readFileSync(join(import.meta.dirname, 'golden/schema-1.sql'), 'utf8'));
    await restart();
    expect((await status(host!, 'done')).output).toEqual({ sum: 5, instanceId: 'done' });
    expect((await untilEnd(host!, 'chain')).output).toBe(4);
    expect((await untilEnd(host!, 'races')).output).toEqual({ winner: 'timer' });
    await raise(host!, 'waits', 'approval', 1);
    await raise(host!, 'parent:child', 'approval', 2);
    expect((await untilEnd(host!, 'waits')).output).toEqual({ got: 1 });
    expect((await untilEnd(host!, 'parent')).output).toEqual({ got: 2 });
  });

  it('of a later schema version is refused', async () => {
    makeDatabase('PRAGMA user_version = 99');
    const refused = await failToStart({ dataDir: data.path });
    expect(refused.log).toMatch(/host\.sqlite has schema version 99; this host knows \d+\. Use/);
  });

  it("with another program's database is refused, and left as it is", async () => {
    makeDatabase('CREATE TABLE instances (mine)');
    const refused = await failToStart({ dataDir: data.path });
    expect(refused.log).toContain('is a database, but not one of a Functions host');
    const db = new DatabaseSync(join(data.path, 'host.sqlite'));
    expect(db.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1);
    db.close();
  });

  it('with a file that is no database is refused, and left as it is', async () => {
    writeFileSync(join(data.path, 'host.sqlite'), 'not a database '.repeat(1_000));
    const refused = await failToStart({ dataDir: data.path });
    expect(refused.code).toBe(1);
    expect(refused.log).toMatch(/Cannot open .*host\.sqlite: it is damaged, or no database\./);
    expect(readFileSync(join(data.path, 'host.sqlite'), 'utf8')).toMatch(/^not a database/);
  });

  it('that cannot be made is refused', async () => {
    writeFileSync(join(data.path, 'file'), '');
    const refused = await failToStart({ dataDir: join(data.path, 'file/inside') });
    expect(refused.log).toMatch(/Cannot make the data directory .*file\/inside: .*ENOTDIR/);
  });
});

function makeDatabase(sql: string): void {
  const db = new DatabaseSync(join(data.path, 'host.sqlite'));
  db.exec(sql);
  db.close();
}
