import type { TestBatch } from './emulator.ts';

/** Sends a request to an admin endpoint. */
export async function admin(
  { emulator }: Pick<TestBatch, 'emulator'>,
  method: string,
  name: string,
  body?: unknown,
): Promise<{ status: number; json: Record<string, unknown> | undefined }> {
  const response = await fetch(`${emulator.url}/_emulator/${name}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  return {
    status: response.status,
    json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined,
  };
}
