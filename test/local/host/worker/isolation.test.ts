import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  durable,
  eventually,
  run,
  start,
  startHost,
  temporaryDirectory,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ app: 'unruly', dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

const get = (path: string) => fetch(`${host.url}/api/${path}`);
const text = async (path: string) => (await get(path)).text();

it('a handler that ends the process fails by name, and the app is started again', async () => {
  expect((await get('exits')).status).toBe(500);
  expect(host.log()).toContain(
    "The app's process ended with exit code 3 while Functions.exits ran.",
  );
  expect(await text('hello')).toBe('hello');
});

describe('a handler that blocks the event loop', () => {
  it('does not hold up what the host itself answers', async () => {
    const blocked = text('blocks/1200');
    let isBlocked = true;
    void blocked.finally(() => (isBlocked = false));
    // The second one is sure to come while the first handler blocks.
    for (const path of ['instances', 'instances?top=1']) {
      expect((await fetch(durable(host, path))).status).toBe(200);
    }
    expect(isBlocked).toBe(true);
    expect(await blocked).toBe('done');
  });

  it('fails by name after functionTimeout; the app goes on in another process, and activities run again', async () => {
    const before = await text('pid');
    const file = join(data.path, 'noted');
    const input = { activity: 'note', input: { file, ms: 1_000 } };
    const id = await startInHost('calls', input);
    await eventually(
      () => existsSync(file),
      (isRunning) => isRunning,
    );
    expect((await get('blocks')).status).toBe(500);
    expect(host.log()).toContain(
      'Timeout value of 00:00:02 was exceeded by function: Functions.blocks. It blocked the event loop, in block (',
    );
    expect(host.log()).toMatch(/unruly\/src\/app\.js:\d+\)/);
    expect(await text('hello')).toBe('hello');
    expect(await text('pid')).not.toBe(before);
    expect(host.log()).toContain(
      "The app's process was ended because Functions.blocks exceeded functionTimeout. It is started again.",
    );
    expect((await untilEnd(host, id)).output).toBe('noted');
    expect(readFileSync(file, 'utf8')).toBe('ran\nran\n');
  });

  it('fails the step of an orchestration by name', async () => {
    const { runtimeStatus, output } = await run(host, 'calls', { activity: 'blocksForEver' });
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain('exceeded by function: Functions.blocksForEver');
  });

  it('fails an orchestrator by name', async () => {
    const { runtimeStatus, output } = await untilEnd(host, await startInHost('loops', null));
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain('exceeded by function: Functions.loops');
  });
});

it('orchestrators that compute do not hold up a request for longer than their turn', async () => {
  // While the app is busy, all of them come to wait for it before the request does.
  const busy = text('blocks/400');
  const ids = await Promise.all(Array.from({ length: 40 }, () => startInHost('computes', null)));
  expect(await text('hello')).toBe('hello');
  const completed = await fetch(durable(host, 'instances?runtimeStatus=Completed&top=1000'));
  const found = (await completed.json()) as { name: string }[];
  expect(found.filter(({ name }) => name === 'computes').length).toBeLessThan(ids.length / 2);
  for (const id of ids) expect((await untilEnd(host, id)).output).toBe(id);
  expect(await busy).toBe('done');
});

/** Starts an orchestration through the host's own endpoint, for which the app is not needed. */
async function startInHost(name: string, input: unknown): Promise<string> {
  const response = await fetch(durable(host, `orchestrators/${name}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

it('an activity that ends the process fails only when that happens again and again', async () => {
  const { runtimeStatus, output } = await run(host, 'calls', { activity: 'endsProcess' });
  expect(runtimeStatus).toBe('Failed');
  expect(output).toContain(
    'ended with exit code 4 while Functions.endsProcess ran, 3 times in a row',
  );
});

describe('the process of the app', () => {
  it.each([
    ['idle', undefined],
    ['blocked', 'blocks/1900'],
  ])('ends when the host is killed while it is %s', async (_state, path) => {
    const other = temporaryDirectory();
    const killed = await startHost({ app: 'unruly', dataDir: other.path });
    const pid = Number(await (await fetch(`${killed.url}/api/pid`)).text());
    if (path) void fetch(`${killed.url}/api/${path}`).catch(() => undefined);
    expect(isAlive(pid)).toBe(true);
    await killed.kill('SIGKILL');
    await eventually(
      () => isAlive(pid),
      (alive) => !alive,
    );
    other.remove();
  });
});

/** A zombie is not alive: only nobody has asked for its exit code. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('an error that is nothing at all still fails the invocation', async () => {
  expect((await get('throwsNothing')).status).toBe(500);
});

it('what the log levels leave out is not logged, of the app or of the host', async () => {
  await get('silent');
  await get('logs');
  const log = await eventually(host.log, (seen) => seen.includes('heard'));
  expect(log).toContain('worth a warning');
  expect(log).not.toContain('kept quiet');
  expect(log).not.toContain('not heard');
});

it('a function that a setting switches off is not served', async () => {
  expect((await get('off')).status).toBe(404);
  expect(host.functions.map(({ name }) => name)).not.toContain('off');
});

it('starts orchestrations in the hub that a setting names', async () => {
  const id = await start(host, 'calls', { activity: 'note', input: { file: '/dev/null', ms: 0 } });
  const response = await fetch(durable(host, `orchestrators/calls/${id}-2`), { method: 'POST' });
  expect(((await response.json()) as { statusQueryGetUri: string }).statusQueryGetUri).toContain(
    'taskHub=unruly',
  );
});
