import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  eventually,
  raise,
  startHost,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';
import { temporaryApp } from '../support/temporary-app.ts';

const data = temporaryDirectory();
const app = temporaryApp('src/*.ts');
const orchestrations = `
  import { app } from '@azure/functions';
  import * as df from 'durable-functions';
  df.app.orchestration('waits', function* (context) {
    return yield context.df.waitForExternalEvent('go');
  });
  app.post('start', {
    route: 'start/{name}/{id?}',
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      const client = df.getClient(context);
      const id = await client.startNew('waits', { instanceId: request.params.id });
      return client.createCheckStatusResponse(request, id);
    },
  });
`;
const greeting = (text: string) => `
  import { app } from '@azure/functions';
  import { readFileSync } from 'node:fs';
  enum Greeting { Text = '${text}' }
  app.get('${text}', { handler: () => ({ body: Greeting.Text }) });
  app.get('greet', { handler: () => ({ body: Greeting.Text }) });
`;

let host: RunningHost;
beforeAll(async () => {
  app.write('src/orchestrations.ts', orchestrations);
  app.write('src/greeting.ts', greeting('hello'));
  host = await startHost({ app: app.path, dataDir: data.path, args: ['--watch'] });
});
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
  app.remove();
});

const greet = async () => (await fetch(`${host.url}/api/greet`)).text();

it('loads edited source anew, enums included, and goes on with its orchestrations', async () => {
  expect(await greet()).toBe('hello');
  await fetch(`${host.url}/api/start/waits/kept`, { method: 'POST' });
  await until(host, 'kept', 'Running');
  app.write('src/greeting.ts', greeting('goodbye'));
  await eventually(greet, (text) => text === 'goodbye');
  expect((await fetch(`${host.url}/api/hello`)).status).toBe(404);
  expect((await fetch(`${host.url}/api/goodbye`)).status).toBe(200);
  await raise(host, 'kept', 'go', 'on');
  expect((await untilEnd(host, 'kept')).output).toBe('on');
});

it('says what is wrong with edited source, and serves again once that is mended', async () => {
  app.write('src/greeting.ts', `throw new Error('half an edit');`);
  const log = await eventually(host.log, (text) => text.includes('The app could not be loaded'));
  expect(log).toContain(`Could not load ${join(app.path, 'src/greeting.ts')} of the app.`);
  expect(log).toContain('half an edit');
  expect((await fetch(`${host.url}/api/greet`)).status).toBe(500);
  app.write('src/greeting.ts', greeting('again'));
  await eventually(greet, (text) => text === 'again');
});

it('tells that a changed host.json needs a new start', async () => {
  app.write('host.json', JSON.stringify({ version: '2.0', functionTimeout: '00:01:00' }));
  const log = await eventually(host.log, (text) => text.includes('host.json has changed'));
  expect(log).toContain('host.json has changed: start the host anew to apply it.');
});
