const { appendFileSync } = require('node:fs');
const { app } = require('@azure/functions');
const df = require('durable-functions');

const forMs = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms) => {
  const end = Date.now() + ms;
  while (Date.now() < end);
};

app.get('hello', { handler: () => ({ body: 'hello' }) });
app.get('pid', { handler: () => ({ body: String(process.pid) }) });
app.get('off', { handler: () => ({ body: 'switched on' }) });
app.get('logs', {
  handler: (_request, context) => {
    context.log('heard');
    context.debug('not heard');
    return {};
  },
});
app.get('silent', {
  handler: (_request, context) => {
    context.log('kept quiet');
    context.warn('worth a warning');
    return {};
  },
});
app.get('blocks', {
  route: 'blocks/{ms:int=600000}',
  handler: (request) => {
    block(Number(request.params.ms));
    return { body: 'done' };
  },
});
app.get('exits', { handler: () => process.exit(3) });
app.get('throwsNothing', { handler: () => Promise.reject() });

df.app.activity('note', {
  handler: async ({ file, ms }) => {
    appendFileSync(file, 'ran\n');
    await forMs(ms);
    return 'noted';
  },
});
df.app.activity('blocksForEver', { handler: () => block(600_000) });
df.app.activity('endsProcess', { handler: () => process.exit(4) });
df.app.orchestration('calls', function* (context) {
  const { activity, input } = context.df.getInput();
  return yield context.df.callActivity(activity, input);
});
// oxlint-disable-next-line require-yield -- it is done in one turn
df.app.orchestration('computes', function* (context) {
  block(15);
  return context.df.instanceId;
});
df.app.orchestration('loops', function* () {
  block(600_000);
  yield undefined;
});
app.post('start', {
  route: 'start/{name}/{id?}',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const text = await request.text();
    const { name, id } = request.params;
    const input = text === '' ? undefined : JSON.parse(text);
    const started = await client.startNew(name, { instanceId: id, input });
    return client.createCheckStatusResponse(request, started);
  },
});
