import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { sweep } from '../lib/activities/sweep.ts';

app.timer('sweep', {
  schedule: '0 * * * * *',
  // After a crash there may be work lying about; the sweep is cheap and may run at any time.
  runOnStartup: true,
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => sweep(df.getClient(context), (message) => context.warn(message)),
});
