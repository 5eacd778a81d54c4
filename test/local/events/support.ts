import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../local/events/clock.ts';
import type { EventGridEvent } from '../../../local/events/event.ts';

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(`${tmpdir()}/events-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ManualClock extends Clock {
  turn(ms: number): void;
  /** When the earliest is due; Infinity when there is none. */
  nextAlarm(): number;
}

/** A clock that stands still until it is turned. */
export function manualClock(start = 1_000_000): ManualClock {
  let now = start;
  let alarms: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    nextAlarm: () => Math.min(...alarms.map(({ at }) => at)),
    after(ms, callback) {
      const alarm = { at: now + ms, callback };
      alarms.push(alarm);
      return () => void (alarms = alarms.filter((each) => each !== alarm));
    },
    turn(ms) {
      now += ms;
      const due = alarms.filter(({ at }) => at <= now);
      alarms = alarms.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
}

export interface Delivered {
  headers: http.IncomingHttpHeaders;
  events: EventGridEvent[];
}

/** A webhook that answers as `status` says and keeps all that it got; it does the handshake unless told not to. */
export async function startWebhook(options: { handshake?: boolean } = {}) {
  const webhook = {
    url: '',
    status: (_attempt: number): number => 200,
    validations: 0,
    deliveries: [] as Delivered[],
  };
  const server = http.createServer(async (request, response) => {
    const events = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (request.headers['aeg-event-type'] === 'SubscriptionValidation') {
      webhook.validations++;
      const { validationCode } = events[0].data;
      const ok = options.handshake ?? true;
      response.end(JSON.stringify({ validationResponse: ok ? validationCode : 'other' }));
      return;
    }
    webhook.deliveries.push({ headers: request.headers, events });
    response.writeHead(webhook.status(webhook.deliveries.length)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  webhook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?code=secret`;
  return webhook;
}

/** An event of a blob that was uploaded. */
export function created(name = 'a.gz', data: Record<string, unknown> = {}): EventGridEvent {
  return {
    topic: '/subscriptions/0/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/s',
    subject: `/blobServices/default/containers/incoming/blobs/${name}`,
    eventType: 'Microsoft.Storage.BlobCreated',
    eventTime: '2026-11-24T12:00:00.000Z',
    id: `id of ${name}`,
    data: { api: 'PutBlob', ...data },
    dataVersion: '',
    metadataVersion: '1',
  };
}
