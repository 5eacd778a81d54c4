import {
  app,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import * as df from 'durable-functions';
import { failing, fanOut, loop, parent, race, waiter } from './orchestrations.ts';

// The functions that were recorded on the real host, by the same names.

df.app.activity('work', { handler: (n: number) => ({ n, sq: n * n }) });
df.app.activity('boom', {
  handler: () => {
    throw new Error('boom-activity');
  },
});
df.app.orchestration('fanOut', fanOut);
df.app.orchestration('waiter', waiter);
df.app.orchestration('failing', failing);
df.app.orchestration('parent', parent);
df.app.orchestration('race', race);
df.app.orchestration('loop', loop);
df.app.entity('counter', (context: df.EntityContext<number>) => {
  const value = context.df.getState(() => 0) ?? 0;
  if (context.df.operationName !== 'add') return;
  context.df.setState(value + context.df.getInput<number>()!);
});

const extraInputs = [df.input.durableClient()];

app.post('start', {
  route: 'start/{name}/{id?}',
  extraInputs,
  handler: caught(async (request, context) => {
    const client = df.getClient(context);
    const text = await request.text();
    const input = text === '' ? undefined : JSON.parse(text);
    const instanceId = request.params['id'];
    const options = { ...(instanceId && { instanceId }), input };
    const id = await client.startNew(request.params['name']!, options);
    return client.createCheckStatusResponse(request, id);
  }),
});

app.get('status', {
  route: 'status/{id}',
  extraInputs,
  handler: async (request: HttpRequest, context: InvocationContext) => {
    try {
      const status = await df.getClient(context).getStatus(request.params['id']!);
      return { jsonBody: { status } };
    } catch (error) {
      return { status: 404, jsonBody: { caught: (error as Error).message } };
    }
  },
});

app.post('op', {
  route: 'op/{what}/{id}',
  extraInputs,
  handler: async (request: HttpRequest, context: InvocationContext) => {
    const { what = '' } = request.params;
    try {
      const result = await operations[what]!(df.getClient(context), request);
      return { jsonBody: { what, result: result === undefined ? '(undefined)' : result } };
    } catch (error) {
      return { status: 500, jsonBody: { what, caught: (error as Error).message } };
    }
  },
});

const entityOf = (request: HttpRequest): df.EntityId =>
  new df.EntityId('counter', request.params['id']!);

const operations: Record<
  string,
  (client: df.DurableClient, request: HttpRequest) => Promise<unknown>
> = {
  raise: async (client, request) =>
    client.raiseEvent(request.params['id']!, request.query.get('event')!, await request.json()),
  terminate: (client, request) => client.terminate(request.params['id']!, 'because-sdk'),
  purge: (client, request) => client.purgeInstanceHistory(request.params['id']!),
  signal: (client, request) => client.signalEntity(entityOf(request), 'add', 5),
  entity: (client, request) => client.readEntityState(entityOf(request)),
};

app.get('keyed', { authLevel: 'function', handler: () => ({ body: 'ok' }) });

app.timer('tick', { schedule: '0 0 0 1 1 *', handler: () => undefined });

app.eventGrid('onEvent', { handler: () => undefined });

type Handler = (request: HttpRequest, context: InvocationContext) => Promise<unknown>;

function caught(
  handler: Handler,
): (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit> {
  return async (request, context) => {
    try {
      return (await handler(request, context)) as HttpResponseInit;
    } catch (error) {
      return { status: 500, jsonBody: { caught: (error as Error).message } };
    }
  };
}
