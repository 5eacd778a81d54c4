import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryApp, type TemporaryApp } from '../../local/host/support/temporary-app.ts';
import { runCli, startCli } from '../cli.ts';

const apps: TemporaryApp[] = [];
afterAll(() => apps.forEach((app) => app.remove()));

function makeApp(files: Record<string, string> = {}, main = 'app.js'): TemporaryApp {
  const app = temporaryApp(main);
  apps.push(app);
  for (const [name, content] of Object.entries(files)) app.write(name, content);
  return app;
}

const hello = {
  'app.js': `
    import { app } from '@azure/functions';
    import * as df from 'durable-functions';
    console.log('loading');
    app.get('hello', { handler: () => ({ body: 'hello' }) });
    app.timer('tick', { schedule: '0 */5 * * * *', handler: () => {} });
    app.eventGrid('onEvent', { handler: () => {} });
    df.app.orchestration('run', function* () {});
    df.app.activity('step', { handler: () => {} });`,
};

describe('sluice host', () => {
  test('serves an app, says where everything is, and ends at Ctrl-C', async () => {
    const { path } = makeApp(hello);
    const cli = startCli(['host', path, '--port', '0', '--auth', '--watch']);
    const output = text(cli.stdout!);
    const lines = createInterface({ input: cli.stdout! });
    for await (const line of lines) if (line.includes('Ctrl-C ends it.')) break;
    cli.kill('SIGINT');
    const [code] = await once(cli, 'close');
    const said = await output;
    const url = /at (http:\S+)/.exec(said)?.[1];
    expect(code).toBe(0);
    expect(said).toContain(`hello           GET  ${url}/api/hello\n`);
    expect(said).toMatch(
      /tick {12}timer {2}0 \*\/5 \* \* \* \* {2}\(next at \d{4}-..-.. ..:.[05]:00\)\n/,
    );
    expect(said).toContain(
      `onEvent         Event Grid  ${url}/runtime/webhooks/eventgrid?functionName=onEvent\n`,
    );
    expect(said).toContain('orchestrations  run\n');
    expect(said).toContain('activities      step\n');
    expect(said).toContain(`Durable API  ${url}/runtime/webhooks/durabletask\n`);
    expect(said).toContain(`Keys         in ${join(path, '.sluice/host/keys.json')}\n`);
    expect(said).not.toContain('loading');
    expect(existsSync(join(path, '.sluice/host/host.sqlite'))).toBe(true);
  });

  test('--json prints one line when the app is ready', async () => {
    const { path } = makeApp(hello);
    const cli = startCli(['host', path, '--port', '0', '--json', '--data-dir', join(path, 'data')]);
    const [line] = (await once(createInterface({ input: cli.stdout! }), 'line')) as [string];
    const ready = JSON.parse(line) as { ready: true; url: string };
    expect(ready.ready).toBe(true);
    expect(await (await fetch(`${ready.url}/api/hello`)).text()).toBe('hello');
    cli.kill('SIGTERM');
    expect(await once(cli, 'close')).toEqual([0, null]);
  });
});

describe('sluice host refuses with what to do', () => {
  const oldModel = { 'app.js': '', 'hello/function.json': '{}' };
  test.each<[string, Record<string, string>, string, string[]]>([
    ['no functions', { 'app.js': '' }, 'app.js', ['registered no function', 'app.http()']],
    ['the old programming model', oldModel, 'app.js', ['programming model v3']],
    ['no file', {}, 'lib/*.js', ['zero files matching "lib/*.js"', 'Correct "main"']],
    ['no build', { 'tsconfig.json': '{}' }, 'dist/*.js', ['Build the app first (npm run build)']],
    ['a throw', { 'app.js': 'throw new Error("why")' }, 'app.js', ['Could not load', 'Error: why']],
    [
      'a type',
      {
        'a.ts': `import { Timer } from '@azure/functions'; export const t: Timer | undefined = undefined;`,
      },
      'a.ts',
      ['"import type"'],
    ],
    [
      'a crash',
      { 'app.js': 'process.exit(7)' },
      'app.js',
      ['ended with exit code 7 while the app was loading'],
    ],
    [
      'encryption',
      { 'local.settings.json': '{ "IsEncrypted": true }' },
      'app.js',
      ['func settings decrypt'],
    ],
  ])('%s', async (_what, files, main, expected) => {
    const { path } = makeApp(files, main);
    const { code, stderr, stdout } = await runCli(['host', path, '--port', '0']);
    for (const part of expected) expect(stderr).toContain(part);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('an app whose packages are not installed', async () => {
    const { path } = makeApp(hello);
    rmSync(join(path, 'node_modules'));
    const { code, stderr } = await runCli(['host', path, '--port', '0']);
    expect(stderr).toContain(`It needs @azure/functions: run npm install in ${path}.`);
    expect(code).toBe(2);
  });

  test('a folder that holds no app, or an app without "main"', async () => {
    const { path, write } = makeApp();
    write('package.json', '{}');
    expect((await runCli(['host', path, '--port', '0'])).stderr).toContain('has no "main"');
    rmSync(join(path, 'package.json'));
    expect((await runCli(['host', path, '--port', '0'])).stderr).toContain('No package.json in');
    rmSync(join(path, 'host.json'));
    const { stderr } = await runCli(['host', path]);
    expect(stderr).toContain(`No host.json in ${path}`);
  });

  test('a port that another process has', async () => {
    const { path } = makeApp(hello);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runCli(['host', path, '--port', String(port)]);
    other.close();
    expect(stderr).toContain(
      `Cannot listen on 127.0.0.1:${port}: another process uses it. Pass another --port`,
    );
    expect(code).toBe(2);
  });
});
