import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';

/** Answers with what the host has made of the request. */
async function echo(request: HttpRequest): Promise<HttpResponseInit> {
  const body = Buffer.from(await request.arrayBuffer());
  return {
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: Object.fromEntries(request.query),
      headers: Object.fromEntries(request.headers),
      body: body.toString('base64'),
    },
  };
}

const methods = ['GET', 'POST', 'PUT', 'HEAD'] as const;

app.http('echo', { route: 'echo/{first}/{second?}', methods: [...methods], handler: echo });
app.http('files', { route: 'files/{*path}', methods: ['GET'], handler: echo });
app.http('number', { route: 'items/{id:int}', methods: ['GET'], handler: echo });
app.http('named', { route: 'items/{name:alpha}', methods: ['GET'], handler: echo });
app.get('literal', { route: 'items/special', handler: () => ({ body: 'literal' }) });
app.get('nothing', { handler: () => undefined as unknown as HttpResponseInit });
app.get('text', { handler: () => 'not an object' as HttpResponseInit });
app.get('throws', {
  handler: () => {
    throw new Error('broken handler');
  },
});
app.get('bytes', {
  handler: () => ({ status: 201, headers: { 'x-mine': 'yes' }, body: Buffer.from([0, 255, 7]) }),
});
app.get('cookies', {
  handler: (): HttpResponseInit => ({
    cookies: [
      { name: 'a', value: 'b c', maxAge: 5, sameSite: 'Lax', httpOnly: true },
      { name: 'd', value: 'e' },
    ],
  }),
});
app.get('throwsLater', {
  handler: async () => {
    setTimeout(() => {
      throw new Error('from throwsLater');
    }, 1);
    await new Promise(() => {});
    return { status: 200 };
  },
});
app.get('leaksRejection', {
  handler: async () => {
    void Promise.reject(new Error('from leaksRejection'));
    return { status: 202 };
  },
});
app.get('throwsAfterwards', {
  handler: () => {
    setTimeout(() => {
      throw new Error('from throwsAfterwards');
    }, 50);
    return { status: 202 };
  },
});
app.get('slow', {
  handler: async (_request, context) => {
    await new Promise((resolve) => setTimeout(resolve, 30_000).unref());
    context.log('never seen');
    return { status: 200 };
  },
});
