const { app } = require('@azure/functions');
const df = require('durable-functions');

const hooks = [];
let running = 0;
let mostRunning = 0;

app.hook.appStart(() => void hooks.push('appStart'));
app.hook.appTerminate(() => void process.stderr.write('appTerminate hook ran\n'));
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') {
    context.inputs = ['replaced input'];
    context.hookData.from = 'pre';
  }
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') {
    context.result = { jsonBody: { ...context.result.jsonBody, post: context.hookData.from } };
  }
});
app.hook.log((context) => {
  if (context.message === 'before') context.message = 'after';
});

app.get('settings', {
  handler: () => {
    // oxlint-disable-next-line no-console
    console.log('printed by the app');
    return settings();
  },
});
const settings = () => ({
  jsonBody: {
    setting: process.env.FIXTURE_SETTING,
    hostname: process.env.WEBSITE_HOSTNAME,
    hooks,
  },
});
app.get('hooked', {
  handler: (input, context) => {
    context.log('before');
    context.warn('a warning');
    return { jsonBody: { input } };
  },
});
app.get('slow', { handler: () => new Promise(() => {}) });

df.app.activity('busy', {
  handler: async () => {
    mostRunning = Math.max(mostRunning, ++running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    running -= 1;
    return mostRunning;
  },
});
df.app.activity('endless', { handler: () => new Promise(() => {}) });
df.app.orchestration('busyOnes', function* (context) {
  const seen = yield context.df.Task.all(
    Array.from({ length: 10 }, () => context.df.callActivity('busy')),
  );
  return Math.max(...seen);
});
df.app.orchestration('endlessOne', function* (context) {
  yield context.df.callActivity('endless');
});
app.post('start', {
  route: 'api/start/{name}',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const id = await client.startNew(request.params.name);
    return client.createCheckStatusResponse(request, id);
  },
});
