import { z } from 'zod';
import type { Ask } from '../activities/ask.ts';
import { messageOf, SluiceError } from '../errors.ts';
import { askSchema } from './schemas.ts';

/** Reads the body of `POST /api/runs`. Throws `InvalidRequest`. */
export function readAsk(body: string, key: string | null): Ask {
  const expected =
    'The body must be JSON such as { "pipeline": "log-rollup", "inputs": ["logs/a.gz"], "params": {} }, with at most 10,000 inputs';
  if (key !== null && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters.';
    throw new SluiceError('InvalidRequest', message);
  }
  try {
    const { pipeline, params = {}, inputs = null } = askSchema.parse(JSON.parse(body));
    return { pipeline, params, inputs, key };
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new SluiceError('InvalidRequest', `${expected}. ${reason}`, { cause });
  }
}
