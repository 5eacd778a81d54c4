import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { BatchServiceClient } from '@azure/batch';

type Options = NonNullable<ConstructorParameters<typeof BatchServiceClient>[2]>;
type HttpClient = NonNullable<Options['httpClient']>;
type Headers = Parameters<HttpClient['sendRequest']>[0]['headers'];

/** Milliseconds within which an answer must be whole; Batch itself gives up on a request after 30 seconds. */
const ANSWER_MS = 60_000;

/** Sends what the Batch client asks by Node's own fetch: the client's own waits for ever for an answer that broke off. */
export const httpClient: HttpClient = {
  async sendRequest(request) {
    const { url, method, body, streamResponseBody } = request;
    try {
      const response = await fetch(url, {
        method,
        headers: request.headers.rawHeaders(),
        body: (body as string | undefined) ?? null,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const { status } = response;
      const headers = received(request.headers, response);
      if (!streamResponseBody) {
        return { request, status, headers, bodyAsText: await response.text() };
      }
      const readableStreamBody = Readable.fromWeb(
        (response.body ?? new Blob([]).stream()) as ReadableStream,
      );
      return { request, status, headers, readableStreamBody };
    } catch (error) {
      // What fetch itself says is that it failed; why, its cause does.
      const { cause } = error as { cause?: unknown };
      throw cause instanceof Error ? cause : error;
    }
  },
};

/** As the client has them: its class is not exported, but each request has one. */
function received(sent: Headers, response: Response): Headers {
  const headers = sent.clone();
  for (const name of sent.headerNames()) headers.remove(name);
  for (const [name, value] of response.headers) headers.set(name, value);
  return headers;
}
