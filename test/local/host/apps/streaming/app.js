import { app } from '@azure/functions';

app.setup({ enableHttpStream: true });

/** Answers each piece of the body as soon as it has come. */
async function* shout(body) {
  for await (const piece of body) yield Buffer.from(piece).toString().toUpperCase();
}

app.post('shout', { handler: (request) => ({ body: shout(request.body) }) });
app.http('facts', {
  route: 'facts/{id}',
  methods: ['GET', 'POST'],
  handler: async (request) => ({
    status: 201,
    headers: { 'x-mine': request.headers.get('x-mine') ?? '' },
    cookies: [{ name: 'a', value: 'b' }],
    jsonBody: {
      url: request.url,
      id: request.params.id,
      q: request.query.get('q'),
      text: await request.text(),
    },
  }),
});
app.get('throws', {
  handler: () => {
    throw new Error('broken before the answer');
  },
});
async function* half() {
  yield 'half';
  await new Promise((resolve) => setTimeout(resolve, 50));
  throw new Error('broken in the middle');
}
app.get('half', { handler: () => ({ body: half() }) });
app.post('size', {
  handler: async (request) => {
    let size = 0;
    for await (const piece of request.body) size += piece.length;
    return { jsonBody: { size } };
  },
});
