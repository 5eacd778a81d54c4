import { setTimeout as sleep } from 'node:timers/promises';
import { sendJson, type Exchange } from '../../http/exchange.ts';
import { durablePath, managementUrls } from '../client-binding.ts';
import { isTerminal } from '../protocol.ts';
import type { Instance } from '../store/instances.ts';
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
  const started = await api.engine.start({ name, instanceId, version, input });
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
  const wait = waitOf(exchange.url);
  if (wait && wait.interval > wait.timeout) return refuseWait(exchange, wait);
  if (wait && (await answeredWithEnd(api, exchange, { instanceId, ...wait }))) return;
  sendStarted(api, exchange, instanceId);
}

/** How long a request wants to wait for the end, and how often to look; both in seconds. */
interface Wait {
  timeout: number;
  interval: number;
}

function waitOf({ searchParams }: URL): Wait | undefined {
  const [timeout, interval] = ['timeout', 'pollingInterval'].map((name) =>
    Number(searchParams.get(name) || Number.NaN),
  );
  if (timeout === undefined || interval === undefined) return undefined;
  return Number.isNaN(timeout + interval) ? undefined : { timeout, interval };
}

// The instance has been started nevertheless: so it is in Azure.
function refuseWait({ response }: Exchange, { timeout, interval }: Wait): void {
  const Message = `Total timeout ${timeout} should be bigger than retry timeout ${interval}`;
  sendJson(response, 400, { Message });
}

function sendStarted(api: DurableApi, { response, url }: Exchange, instanceId: string): void {
  const base = `${url.origin}${durablePath}`;
  const links = managementUrls(base, encodeURIComponent(instanceId), api);
  // The endpoint lists eight links; only the SDK's own response has the ninth.
  const { rewindPostUri: _, ...body } = { ...links, id: instanceId };
  sendJson(response, 202, body, { location: body.statusQueryGetUri, 'retry-after': '10' });
}

async function answeredWithEnd(
  api: DurableApi,
  exchange: Exchange,
  { instanceId, timeout, interval }: Wait & { instanceId: string },
): Promise<boolean> {
  const end = performance.now() + timeout * 1000;
  for (;;) {
    const instance = api.engine.get(instanceId);
    if (instance && isTerminal(instance.status)) {
      answerEnd(api, exchange, instance);
      return true;
    }
    const left = end - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(interval * 1000, left));
  }
}

function answerEnd(api: DurableApi, exchange: Exchange, instance: Instance): void {
  if (instance.status !== 'Completed') return getStatus(api, exchange, instance.instanceId);
  sendJson(exchange.response, 200, JSON.parse(instance.output ?? 'null'));
}
