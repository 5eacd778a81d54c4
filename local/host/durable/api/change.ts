import { sendEmpty, sendJson, type Exchange } from '../../http/exchange.ts';
import { isTerminal } from '../protocol.ts';
import type { DurableApi } from './endpoints.ts';
import { sendError } from './errors.ts';
import { readJsonText } from './json-body.ts';

/** `POST instances/{id}/raiseEvent/{name}`. */
export async function raiseEvent(
  { engine }: DurableApi,
  exchange: Exchange,
  { instanceId, name }: { instanceId: string; name: string },
): Promise<void> {
  const { request, response } = exchange;
  const instance = engine.get(instanceId);
  // What the instance is counts more than what the body is.
  if (!instance) return sendEmpty(response, 404);
  if (isTerminal(instance.status)) return sendEmpty(response, 410);
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return sendJson(response, 400, {
      Message: 'Only application/json request content is supported',
    });
  }
  const input = await readJsonText(exchange, undefined);
  if (input === undefined) return;
  sendOutcome(response, await engine.raiseEvent(instanceId, name, input));
}

/** `POST instances/{id}/terminate|suspend|resume?reason=…`. */
export async function changeInstance(
  { engine }: DurableApi,
  { response, url }: Exchange,
  { instanceId, operation }: { instanceId: string; operation: 'terminate' | 'suspend' | 'resume' },
): Promise<void> {
  const outcome = await engine[operation](instanceId, url.searchParams.get('reason'));
  if (outcome !== 'refused') return sendOutcome(response, outcome);
  const status = engine.get(instanceId)?.status;
  sendError(response, 500, {
    message: 'Something went wrong while processing your request',
    exception: `Cannot ${operation} the orchestration instance ${instanceId} because instance is in the ${status} state.`,
    type: 'System.InvalidOperationException',
  });
}

const statusOf = { done: 202, unknown: 404, finished: 410 };

function sendOutcome(response: Exchange['response'], outcome: keyof typeof statusOf): void {
  sendEmpty(response, statusOf[outcome]);
}
