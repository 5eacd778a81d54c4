import type { HttpRequest, HttpResponseBodyInit, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { createApi } from './app.ts';
import { EVENT_STREAM } from './event-stream.ts';

/** Answers a request that came through Azure Functions. */
export async function handleRequest(
  request: HttpRequest,
  log: (error: unknown) => void,
  durable: DurableClient,
): Promise<HttpResponseInit> {
  const response = await createApi(log, durable).fetch(await standardRequest(request));
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await bodyOf(response),
  };
}

/** Events are sent as they come; anything else in one piece, whose length the client then knows. */
async function bodyOf(response: Response): Promise<HttpResponseBodyInit> {
  const isStream = response.headers.get('content-type') === EVENT_STREAM;
  return isStream && response.body ? response.body : Buffer.from(await response.arrayBuffer());
}

/** The platform's request as the Web's; its own lacks what a router needs. */
async function standardRequest(request: HttpRequest): Promise<Request> {
  const { method, url } = request;
  const headers = Object.fromEntries(request.headers);
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(url, {
    method,
    headers,
    ...(hasBody ? { body: await request.arrayBuffer() } : {}),
  });
}
