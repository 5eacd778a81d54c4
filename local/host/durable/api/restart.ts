import { sendJson, type Exchange } from '../../http/exchange.ts';
import type { DurableApi } from './endpoints.ts';
import { sendError } from './errors.ts';
import { answerStarted } from './start.ts';

/** `POST instances/{id}/restart?restartWithNewInstanceId=true`: the same function and input again. */
export async function restartInstance(
  api: DurableApi,
  exchange: Exchange,
  instanceId: string,
): Promise<void> {
  const { response, url } = exchange;
  const instance = api.engine.get(instanceId);
  if (!instance) {
    return sendError(response, 400, {
      message: 'InstanceId does not match a valid orchestration instance.',
      exception: `An orchestrastion with the instanceId ${instanceId} was not found.`,
      type: 'System.ArgumentException',
    });
  }
  const { name, input } = instance;
  const sameId = url.searchParams.get('restartWithNewInstanceId')?.toLowerCase() === 'false';
  const started = await api.engine.start({ name, input, ...(sameId && { instanceId }) });
  if (!('conflict' in started)) return answerStarted(api, exchange, started.instanceId);
  sendError(response, 409, {
    message: 'A non-terminal instance with this instance ID already exists.',
    exception: started.conflict,
    type: 'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException',
  });
}

/** `POST instances/{id}/rewind`: refused where Azure refuses it, and not provided otherwise. */
export function rewindInstance(
  { engine }: DurableApi,
  { response }: Exchange,
  instanceId: string,
): void {
  const instance = engine.get(instanceId);
  if (!instance) {
    // The dollar sign is the extension's own.
    return sendJson(response, 404, `No orchestration with instance ID "$${instanceId}" found.`);
  }
  if (instance.status !== 'Failed') {
    const reason = `This orchestration has status ${instance.status}, but only orchestrations in the "Failed" state can be rewound.`;
    return sendJson(response, 412, reason);
  }
  sendJson(
    response,
    501,
    'Rewinding an instance is not provided by the local host. Restart it instead: POST instances/{id}/restart.',
  );
}
