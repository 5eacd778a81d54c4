import { setTimeout as sleep } from 'node:timers/promises';
import { sendJson, type Exchange } from '../../http/exchange.ts';
import { durablePath, managementUrls } from '../client-binding.ts';
import { isTerminal } from '../protocol.ts';
import type { DurableApi } from './endpoints.ts';
import { readJsonText } from './json-body.ts';
import { getStatus } from './status.ts';

/** `POST orchestrators/{name}[/{id}]`, with `?timeout&pollingInterval` in seconds to wait for the end. */
export async function startOrchestration(
  api: DurableApi,
  exchange: Exchange,
  { name, instanceId }: { name: string; instanceId: string | undefined },
): Promise<void> {
  const input = await readJsonText(exchange, 'null');
  if (input === undefined) return;
  const version = exchange.url.searchParams.get('version') ?? undefined;
  const started = api.engine.start({ name, instanceId, version, input });
  if ('conflict' in started) {
    return sendJson(exchange.response, 409, { Message: started.conflict });
  }
  await answerStarted(api, exchange, started.instanceId);
}

/** Answers with the links of an instance that was started, or with its end when asked to wait. */
export async function answerStarted(
  api: DurableApi,
  exchange: Exchange,
  instanceId: string,
): Promise<void> {
  if (await answeredWithEnd(api, exchange, instanceId)) return;
  sendStarted(api, exchange, instanceId);
}

function sendStarted(api: DurableApi, { response, url }: Exchange, instanceId: string): void {
  const base = `${url.origin}${durablePath}`;
  const links = managementUrls(base, encodeURIComponent(instanceId), api.hubName);
  // The endpoint lists eight links; only the SDK's own response has the ninth.
  const { rewindPostUri: _, ...body } = { ...links, id: instanceId };
  sendJson(response, 202, body, { location: body.statusQueryGetUri, 'retry-after': '10' });
}

async function answeredWithEnd(
  api: DurableApi,
  exchange: Exchange,
  instanceId: string,
): Promise<boolean> {
  const { response, url } = exchange;
  const timeout = Number(url.searchParams.get('timeout') ?? Number.NaN);
  const interval = Number(url.searchParams.get('pollingInterval') ?? Number.NaN);
  if (!(timeout > 0) || !(interval > 0)) return false;
  const end = performance.now() + timeout * 1000;
  while (performance.now() < end) {
    const instance = api.engine.get(instanceId);
    if (instance?.status === 'Completed') {
      sendJson(response, 200, JSON.parse(instance.output ?? 'null'));
      return true;
    }
    if (instance && isTerminal(instance.status)) {
      getStatus(api, exchange, instanceId);
      return true;
    }
    await sleep(Math.min(interval * 1000, Math.max(end - performance.now(), 1)));
  }
  return false;
}
