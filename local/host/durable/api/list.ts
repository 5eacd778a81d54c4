import { sendJson, type Exchange } from '../../http/exchange.ts';
import type { InstanceFilter } from '../store/instances.ts';
import type { DurableApi } from './endpoints.ts';
import { defaultPage, fromToken, timeOf, tokenHeader } from './paging.ts';
import { statusBody, wantsInput } from './status.ts';

/** `GET instances`: one page, with a token for the next where there may be one. */
export function listInstances({ engine }: DurableApi, { request, response, url }: Exchange): void {
  const limit = Number(url.searchParams.get('top') ?? defaultPage) || defaultPage;
  const after = fromToken(request.headers['x-ms-continuation-token']);
  const found = engine.list({ ...filterOf(url), after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const body = page.map((instance) => statusBody(instance, wantsInput(url)));
  sendJson(response, 200, body, tokenHeader(last?.instanceId));
}

// Instances are never in the last two here, but a client may ask for them.
const statuses = [
  'Pending',
  'Running',
  'Suspended',
  'Completed',
  'Failed',
  'Terminated',
  'ContinuedAsNew',
  'Canceled',
];

/** The filter a query asks for; as in Azure, what is no status, case included, is ignored. */
export function filterOf({ searchParams }: URL): InstanceFilter {
  const asked = searchParams
    .getAll('runtimeStatus')
    .flatMap((each) => each.split(','))
    .map((name) => name.trim());
  return {
    createdFrom: timeOf(searchParams.get('createdTimeFrom')),
    createdTo: timeOf(searchParams.get('createdTimeTo')),
    statuses: statuses.filter((status) => asked.includes(status)),
    prefix: searchParams.get('instanceIdPrefix') ?? undefined,
  };
}
