import { app, type HttpRequest, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';

app.http('start', {
  route: 'start/{name}/{id?}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request: HttpRequest, context: InvocationContext) => {
    const client = df.getClient(context);
    const text = await request.text();
    const input = text === '' ? undefined : JSON.parse(text);
    const instanceId = request.params['id'];
    const options = { ...(instanceId && { instanceId }), input };
    try {
      const id = await client.startNew(request.params['name']!, options);
      return client.createCheckStatusResponse(request, id);
    } catch (error) {
      return { status: 500, jsonBody: { caught: String((error as Error).message) } };
    }
  },
});

/** Calls one method of the client with the arguments in the body, and answers with its result. */
app.http('client', {
  route: 'client/{method}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request: HttpRequest, context: InvocationContext) => {
    const client = df.getClient(context) as unknown as Record<
      string,
      (...args: unknown[]) => unknown
    >;
    const args = (await request.json()) as unknown[];
    try {
      const result = await client[request.params['method']!]!(...args);
      return { jsonBody: { result: result ?? null } };
    } catch (error) {
      return { status: 500, jsonBody: { caught: String((error as Error).message) } };
    }
  },
});

app.http('wait', {
  route: 'wait/{name}/{timeout}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request: HttpRequest, context: InvocationContext) => {
    const client = df.getClient(context);
    const id = await client.startNew(request.params['name']!, { input: { count: 2 } });
    return client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
      timeoutInMilliseconds: Number(request.params['timeout']),
      retryIntervalInMilliseconds: 10,
    });
  },
});
