import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseSubscriptions } from '../events/subscription.ts';
import { startGateway } from './gateway.ts';
import { runPart } from './part-main.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'event-grid-port': { type: 'string', default: '0' },
    'azurite-url': { type: 'string', default: 'http://127.0.0.1:10000' },
    'data-dir': { type: 'string', default: '.sluice/gateway' },
    subscriptions: { type: 'string' },
    'exit-with-parent': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

await runPart(
  () =>
    startGateway({
      port: Number(values.port),
      eventGridPort: Number(values['event-grid-port']),
      azuriteUrl: values['azurite-url'],
      dataDir: values['data-dir'],
      subscriptions: readSubscriptions(values.subscriptions),
      log: (line) => process.stderr.write(`${line}\n`),
    }),
  { json: values.json, exitWithParent: values['exit-with-parent'] },
);

function readSubscriptions(file: string | undefined) {
  return file === undefined ? [] : parseSubscriptions(JSON.parse(readFileSync(file, 'utf8')));
}
