import { parseArgs } from 'node:util';
import { startAzurite } from './azurite.ts';
import { runPart } from './part-main.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'data-dir': { type: 'string', default: '.sluice/azurite' },
    'exit-with-parent': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

await runPart(() => startAzurite({ dataDir: values['data-dir'], port: Number(values.port) }), {
  json: values.json,
  exitWithParent: values['exit-with-parent'],
});
