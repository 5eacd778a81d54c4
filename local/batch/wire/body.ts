import type { IncomingMessage } from 'node:http';
import { BatchError } from './errors.ts';

/** Bytes of a request body that are accepted: the service says "less than 1 MB" for addtaskcollection. */
export const bodyLimit = 1_048_576;

/** Reads a JSON body; throws RequestBodyTooLarge or InvalidRequestBody. The rest of a body that is too large is thrown away. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimit) chunks.push(chunk);
  }
  if (size > bodyLimit) throw new BatchError('RequestBodyTooLarge');
  if (size === 0) return undefined;
  return parse(Buffer.concat(chunks).toString('utf8'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BatchError('InvalidRequestBody', {
      values: [{ key: 'Reason', value: error instanceof Error ? error.message : String(error) }],
    });
  }
}
