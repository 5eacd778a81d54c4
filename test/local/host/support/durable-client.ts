import { durable, type RunningHost } from './running-host.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
}

/** Calls an endpoint of the durable API. */
export async function call(
  host: RunningHost,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(durable(host, path), {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** Calls a method of the SDK's client inside the app. */
export async function client(
  host: RunningHost,
  method: string,
  ...args: unknown[]
): Promise<{ result?: unknown; caught?: string }> {
  const response = await fetch(`${host.url}/api/client/${method}`, {
    method: 'POST',
    body: JSON.stringify(args),
  });
  return (await response.json()) as { result?: unknown; caught?: string };
}
