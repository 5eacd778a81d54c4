import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { collectGarbage } from '../lib/activities/gc.ts';
import { reconcile } from '../lib/activities/reconcile.ts';
import { tick } from '../lib/activities/schedule.ts';
import { sweep } from '../lib/activities/sweep.ts';

app.timer('sweep', {
  schedule: '0 * * * * *',
  // After a crash there may be work lying about; the sweep is cheap and may run at any time.
  runOnStartup: true,
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => sweep(df.getClient(context), (message) => context.warn(message)),
});

app.timer('schedules', {
  schedule: '0 * * * * *',
  // What came due while the app was down is not to wait for the next minute.
  runOnStartup: true,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    for (const { pipeline, note } of await tick(df.getClient(context), Date.now())) {
      context.info(`Schedule of ${pipeline}: ${note}.`);
    }
  },
});

app.timer('gc', {
  schedule: '0 7 * * * *',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const { garbage } = await collectGarbage(df.getClient(context), Date.now());
    for (const { kind, id, reason } of garbage) context.warn(`Removed ${kind} ${id}: ${reason}.`);
  },
});

app.timer('reconcile', {
  schedule: '0 13,43 * * * *',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    for (const each of await reconcile(df.getClient(context), Date.now())) {
      context.warn(
        'fault' in each
          ? `Blobs of ${each.pipeline} whose events never came were not looked for: ${each.fault}.`
          : `Found ${each.found} blobs of ${each.pipeline} whose events never came.`,
      );
    }
  },
});
