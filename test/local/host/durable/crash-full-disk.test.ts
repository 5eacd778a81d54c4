import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from '../support/durable-client.ts';
import {
  eventually,
  failToStart,
  raise,
  run,
  start,
  startHost,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';

const area = temporaryDirectory();
const disk = join(area.path, 'disk');
mkdirSync(disk);
const reason = mounted();
const filler = join(disk, 'filler');
const dataDir = join(disk, 'data');

let host: RunningHost;
beforeEach(() => rmSync(dataDir, { recursive: true, force: true }));
afterEach(async () => {
  await host?.kill('SIGKILL');
  rmSync(filler, { force: true });
});
afterAll(() => {
  if (reason === undefined) spawnSync('umount', ['-l', disk]);
  area.remove();
});

/** Why no small disk can be mounted here; undefined when one is. */
function mounted(): string | undefined {
  const { status, stderr, error } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk],
    { encoding: 'utf8' },
  );
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** Leaves not one page. */
function fill(): void {
  for (const size of [65_536, 4_096]) {
    const written = spawnSync('dd', [
      'if=/dev/zero',
      `of=${filler}`,
      `bs=${size}`,
      'oflag=append',
      'conv=notrunc',
    ]);
    expect(written.status).toBe(1);
  }
}

const skipped = reason === undefined ? '' : ` (skipped: no small disk can be mounted: ${reason})`;

describe.skipIf(reason !== undefined)(`a full disk${skipped}`, () => {
  it('makes orchestrations wait, and they go on when there is room', async () => {
    const ledger = join(area.path, 'ledger');
    host = await startHost({ dataDir });
    await start(host, 'waiter', undefined, 'waiter');
    await until(host, 'waiter', 'Running');
    await start(host, 'ledgerFanOut', { file: ledger, count: 10, ms: 1_000 }, 'fan');
    await until(host, 'fan', 'Running');
    fill();
    await eventually(
      () => host.log(),
      (log) => log.includes('Until then orchestrations wait.'),
    );
    const refused = await call(host, 'POST', 'orchestrators/waiter/late', 1);
    expect(refused).toMatchObject({ status: 500 });
    expect(refused.text).toContain('The disk is full');
    expect(await raise(host, 'waiter', 'approval', 1)).toBe(500);
    const signal = await call(host, 'POST', 'entities/Counter/full?op=add', 1);
    expect([signal.status, signal.text.includes('The disk is full')]).toEqual([500, true]);

    rmSync(filler);
    expect((await untilEnd(host, 'fan')).output).toBe(10);
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toHaveLength(11);
    expect(await raise(host, 'waiter', 'approval', 2)).toBe(202);
    expect((await untilEnd(host, 'waiter')).output).toEqual({ got: 2 });
    expect((await call(host, 'GET', 'instances/late')).status).toBe(404);
    expect(host.log().match(/Until then orchestrations wait/g)).toHaveLength(1);
    expect(host.log()).toContain('The disk takes writes again');
  });

  it('loses nothing, also when the host is killed then', async () => {
    host = await startHost({ dataDir });
    await start(host, 'chain', { steps: 10 }, 'before');
    await untilEnd(host, 'before');
    await start(host, 'chain', { steps: 100_000 }, 'under way');
    fill();
    await eventually(
      () => host.log(),
      (log) => log.includes('Until then orchestrations wait.'),
    );
    await host.kill('SIGKILL');
    rmSync(filler);
    expect(integrity()).toBe('ok');
    host = await startHost({ dataDir });
    expect((await until(host, 'before', 'Completed')).output).toBe(11);
    expect((await until(host, 'under way', 'Running')).runtimeStatus).toBe('Running');
    expect((await run(host, 'chain', { steps: 3 })).output).toBe(4);
  });

  it('makes a host that starts end and say so', async () => {
    fill();
    const { code, log } = await failToStart({ dataDir });
    expect(code).toBe(1);
    expect(log).toMatch(/The disk is full|no space left/);
    rmSync(filler);
    host = await startHost({ dataDir });
    expect((await run(host, 'chain', { steps: 3 })).output).toBe(4);
  });
});

function integrity(): unknown {
  expect(existsSync(join(dataDir, 'host.sqlite'))).toBe(true);
  const db = new DatabaseSync(join(dataDir, 'host.sqlite'));
  try {
    return db.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  } finally {
    db.close();
  }
}
