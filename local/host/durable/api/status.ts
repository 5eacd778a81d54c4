import { sendEmpty, sendJson, type Exchange } from '../../http/exchange.ts';
import { isTerminal } from '../protocol.ts';
import type { Instance } from '../store/instances.ts';
import type { DurableApi } from './endpoints.ts';
import { historyView } from './history-view.ts';

/** `GET instances/{id}`. */
export function getStatus(api: DurableApi, exchange: Exchange, instanceId: string): void {
  const { response, url } = exchange;
  const instance = api.engine.get(instanceId);
  if (!instance) return sendEmpty(response, 404);
  const body = { ...statusBody(instance, wantsInput(url)), ...historyOf(api, url, instanceId) };
  if (isTerminal(instance.status)) return sendJson(response, terminalStatus(instance, url), body);
  sendJson(response, 202, body, { location: url.href, 'retry-after': '5' });
}

/** An instance as the API shows it, in Azure's field order. */
export function statusBody(instance: Instance, withInput: boolean): Record<string, unknown> {
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: withInput ? JSON.parse(instance.input) : null,
    customStatus: parse(instance.customStatus),
    output: parse(instance.output),
    createdTime: wholeSeconds(instance.createdAt),
    lastUpdatedTime: wholeSeconds(instance.updatedAt),
  };
}

/** Whether a request wants inputs to be shown, which is so unless it says not. */
export function wantsInput(url: URL): boolean {
  return url.searchParams.get('showInput')?.toLowerCase() !== 'false';
}

function parse(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}

function wholeSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function historyOf({ engine }: DurableApi, url: URL, instanceId: string): Record<string, unknown> {
  if (!isTrue(url, 'showHistory')) return {};
  const historyEvents = historyView(engine.history(instanceId), {
    withInput: wantsInput(url),
    withOutput: isTrue(url, 'showHistoryOutput'),
  });
  return { historyEvents };
}

function terminalStatus(instance: Instance, url: URL): number {
  return instance.status === 'Failed' && isTrue(url, 'returnInternalServerErrorOnFailure')
    ? 500
    : 200;
}

function isTrue(url: URL, name: string): boolean {
  return url.searchParams.get(name)?.toLowerCase() === 'true';
}
