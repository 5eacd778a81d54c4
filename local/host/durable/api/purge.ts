import { sendEmpty, sendJson, type Exchange } from '../../http/exchange.ts';
import { isTerminal } from '../protocol.ts';
import type { DurableApi } from './endpoints.ts';
import { filterOf } from './list.ts';

/** `DELETE instances/{id}`. */
export function purgeOne({ engine }: DurableApi, { response }: Exchange, instanceId: string): void {
  const instance = engine.get(instanceId);
  if (!instance) return sendEmpty(response, 404);
  if (!isTerminal(instance.status)) {
    return sendJson(
      response,
      412,
      'Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ' +
        `${instanceId} has status ${instance.status}`,
    );
  }
  sendJson(response, 200, { instancesDeleted: engine.purge([instance]) });
}

/** `DELETE instances?createdTimeFrom=…`: the finished ones among those the filter finds. */
export function purgeMany({ engine }: DurableApi, { response, url }: Exchange): void {
  const filter = filterOf(url);
  if (filter.createdFrom === undefined) {
    return sendJson(response, 400, "Please provide value for 'createdTimeFrom' parameter.");
  }
  const finished = engine.list(filter).filter(({ status }) => isTerminal(status));
  if (finished.length === 0) return sendEmpty(response, 404);
  sendJson(response, 200, { instancesDeleted: engine.purge(finished) });
}
