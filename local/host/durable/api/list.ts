import { sendJson, type Exchange } from '../../http/exchange.ts';
import type { InstanceFilter } from '../store/instances.ts';
import type { DurableApi } from './endpoints.ts';
import { statusBody, wantsInput } from './status.ts';

const defaultPage = 100;

/** `GET instances`: one page, with a token for the next where there may be one. */
export function listInstances({ engine }: DurableApi, { request, response, url }: Exchange): void {
  const limit = Number(url.searchParams.get('top') ?? defaultPage) || defaultPage;
  const after = fromToken(request.headers['x-ms-continuation-token']);
  const found = engine.list({ ...filterOf(url), after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const headers: Record<string, string> = {};
  if (last) headers['x-ms-continuation-token'] = toToken(last.instanceId);
  const body = page.map((instance) => statusBody(instance, wantsInput(url)));
  sendJson(response, 200, body, headers);
}

const statuses = ['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated'];

/** The filter a query asks for; as in Azure, what is no status is ignored. */
export function filterOf({ searchParams }: URL): InstanceFilter {
  const asked = (searchParams.get('runtimeStatus') ?? '').toLowerCase().split(',');
  return {
    createdFrom: timeOf(searchParams.get('createdTimeFrom')),
    createdTo: timeOf(searchParams.get('createdTimeTo')),
    statuses: statuses.filter((status) => asked.includes(status.toLowerCase())),
    prefix: searchParams.get('instanceIdPrefix') ?? undefined,
  };
}

function timeOf(text: string | null): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function toToken(instanceId: string): string {
  return Buffer.from(instanceId).toString('base64');
}

function fromToken(header: string | string[] | undefined): string | undefined {
  return header ? Buffer.from(String(header).trim(), 'base64').toString('utf8') : undefined;
}
