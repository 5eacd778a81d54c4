import type { ServerResponse } from 'node:http';
import { waitReal } from '../time/timer.ts';
import { BatchError } from '../wire/errors.ts';
import type { Faults } from './faults.ts';
import type { AddResults } from './knobs.ts';

/** What is left to do of a fault once the request has been carried out. */
export interface LaterFault {
  loseAnswer: boolean;
  addResults: AddResults | undefined;
}

/** Lets a request meet the faults that the knobs have for it; throws the BatchError that refuses it. */
export async function disturbRequest(
  faults: Faults,
  operation: string,
  response: ServerResponse,
): Promise<LaterFault> {
  if (faults.knobs.requests.length === 0) return none;
  const { latency, effect } = faults.onRequest(operation);
  if (latency > 0) await waitReal(latency);
  if (effect?.kind === 'status') {
    if (effect.retryAfter !== undefined) response.setHeader('Retry-After', effect.retryAfter);
    throw new BatchError(refusals[effect.status]);
  }
  if (effect?.kind === 'reset' && effect.when === 'before') {
    resetConnection(response);
    throw new BatchError('ServerBusy');
  }
  return {
    loseAnswer: effect?.kind === 'reset',
    addResults: effect?.kind === 'partial' ? effect.results : undefined,
  };
}

/** Ends the connection so that the client sees a reset, whatever is written to the response afterwards. */
export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

const none: LaterFault = { loseAnswer: false, addResults: undefined };
const refusals = { 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServerBusy' } as const;
