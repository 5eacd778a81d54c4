import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  failToStart,
  run,
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
afterAll(() => data.remove());

describe('a CommonJS app', () => {
  let host: RunningHost;
  beforeAll(async () => void (host = await startHost({ app: 'commonjs', dataDir: data.path })));
  afterAll(() => host.kill('SIGTERM'));

  const get = async (path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${host.url}/${path}`);
    return (await response.json()) as Record<string, unknown>;
  };

  it('sees its local settings and its host name, and its appStart hook has run', async () => {
    expect(await get('settings')).toEqual({
      setting: 'from local.settings.json',
      hostname: host.url.replace('http://127.0.0.1', 'localhost'),
      hooks: ['appStart'],
    });
  });

  it('lists its functions in the ready line, without the route prefix it turned off', () => {
    expect(host.functions).toContainEqual({
      name: 'hooked',
      type: 'httpTrigger',
      route: '/hooked',
      methods: ['GET'],
    });
  });

  it('has hooks that change inputs, results and log lines', async () => {
    expect(await get('hooked')).toEqual({ input: 'replaced input', post: 'pre' });
    const log = await eventually(
      () => host.log(),
      (text) => text.includes('a warning'),
    );
    expect(log).toMatch(/info {2}hooked {2}after/);
    expect(log).toMatch(/warn {2}hooked {2}a warning/);
  });

  it('is told once which settings of host.json have no effect', () => {
    expect(host.log()).toContain(
      'host.json has settings without effect here: singleton, extensions.queues, extensions.http.hsts.',
    );
  });

  it('runs no more activities at once than host.json allows', async () => {
    expect((await run(host, 'busyOnes')).output).toBe(2);
  });

  it('has functions that take longer than functionTimeout failed by name', async () => {
    const response = await fetch(`${host.url}/slow`);
    expect(response.status).toBe(500);
    expect(host.log()).toContain(
      'Timeout value of 00:00:01 was exceeded by function: Functions.slow',
    );
    const { output } = await run(host, 'endlessOne');
    expect(output).toContain('was exceeded by function: Functions.endless');
  });

  it('prints to the log, not to standard output', async () => {
    await get('settings');
    await eventually(
      () => host.log(),
      (text) => text.includes('printed by the app'),
    );
    expect(host.output()).toHaveLength(1);
  });

  it('is told when the host ends', async () => {
    const other = temporaryDirectory();
    const ending = await startHost({ app: 'commonjs', dataDir: other.path });
    expect(await ending.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(ending.log()).toContain('appTerminate hook ran');
    other.remove();
  });
});

describe('an app the host cannot serve', () => {
  it.each([
    ['src/none-*.js', 'Found zero files matching "src/none-*.js"'],
    ['src/queue.js', 'Function "takesMessages" has the trigger "queueTrigger"'],
    ['src/output.js', 'Function "writesQueue" uses the binding "queue" (out)'],
    ['src/schedule.js', 'The schedule "0 0 0 L * *" is not understood'],
    ['src/retry.js', 'Function "retries": the retry strategy is "sometimes"'],
    ['src/route.js', 'unknown constraint "weird"'],
    ['src/throws.js', 'the app is broken'],
    ['src/nothing.js', 'registered no function'],
  ])('is refused at the start: %s', async (glob, text) => {
    const refused = await failToStart({
      app: 'refused',
      dataDir: data.path,
      args: ['--functions', glob],
    });
    expect(refused.code).toBe(1);
    expect(refused.log).toContain(text);
  });
});

describe('the host process', () => {
  it('ends within two seconds when its standard input does', async () => {
    const other = temporaryDirectory();
    const host = await startHost({ dataDir: other.path });
    host.process.stdin!.end();
    const code = await eventually(
      () => host.process.exitCode,
      (seen) => seen !== null,
    );
    expect(code).toBe(0);
    other.remove();
  });

  it.each([
    [['--port', 'x'], '--port is "x"'],
    [['one', 'two'], 'Expected one APPDIR'],
  ])('refuses the arguments %j', async (args, text) => {
    const refused = await failToStart({ dataDir: data.path, args });
    expect(refused.log).toContain(text);
  });
});
