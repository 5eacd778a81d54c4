import type { StackUrls } from '../../local/stack/parts.ts';

const TOPIC =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/devstoreaccount1';

/** What an event may say otherwise than that of a plain upload. */
export interface EventFields {
  container: string;
  name: string;
  etag?: string | undefined;
  size?: number;
  sequencer?: string;
  api?: string;
  type?: string;
  topic?: string;
}

/** A storage event in Event Grid's schema. */
export function storageEvent(fields: EventFields): Record<string, unknown> {
  const { container, name, etag, size = 1, sequencer = '1', api = 'PutBlob' } = fields;
  return {
    id: crypto.randomUUID(),
    topic: fields.topic ?? TOPIC,
    subject: `/blobServices/default/containers/${container}/blobs/${name}`,
    eventType: fields.type ?? 'Microsoft.Storage.BlobCreated',
    eventTime: new Date().toISOString(),
    data: {
      api,
      ...(etag === undefined ? {} : { eTag: etag }),
      contentLength: size,
      blobType: 'BlockBlob',
      sequencer,
    },
    dataVersion: '',
    metadataVersion: '1',
  };
}

/** Delivers events to the app's trigger, as Event Grid does; settles with the status of the answer. */
export async function deliver(urls: StackUrls, ...events: unknown[]): Promise<number> {
  const response = await fetch(`${urls.host}/runtime/webhooks/eventgrid?functionName=drop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'aeg-event-type': 'Notification' },
    body: JSON.stringify(events),
  });
  await response.arrayBuffer();
  return response.status;
}
