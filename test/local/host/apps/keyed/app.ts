import { app } from '@azure/functions';
import * as df from 'durable-functions';

app.get('open', { handler: () => ({ body: 'ok' }) });
app.get('keyed', { authLevel: 'function', handler: () => ({ body: 'ok' }) });
app.get('other', { authLevel: 'function', handler: () => ({ body: 'ok' }) });
app.get('admins', { authLevel: 'admin', handler: () => ({ body: 'ok' }) });
app.get('start', {
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    return client.createCheckStatusResponse(request, await client.startNew('short'));
  },
});
app.eventGrid('onEvent', { handler: () => undefined });
const answer = df.app.activity('answer', { handler: () => 'done' });
df.app.orchestration('short', function* () {
  const given: string = yield answer();
  return given;
});
