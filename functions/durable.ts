import * as df from 'durable-functions';
import type { Activities, ActivityName } from '../lib/activities/contract.ts';
import { activityNames, perform } from '../lib/activities/define.ts';
import { collector } from '../orchestrations/collector.ts';
import { run } from '../orchestrations/run.ts';

df.app.orchestration('run', run);
df.app.orchestration('collector', collector);

for (const name of activityNames) {
  df.app.activity(name, {
    extraInputs: [df.input.durableClient()],
    handler: (input: Activities[ActivityName]['input'], context) =>
      perform(name, input, df.getClient(context)),
  });
}
