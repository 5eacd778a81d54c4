import { randomUUID } from 'node:crypto';
import type { EventGridEvent } from '../events/event.ts';
import type { EventForecast } from '../events/filter.ts';
import type { BlobWrite } from './blob-write.ts';

/** What Azurite said of the blob that a write left behind. */
export interface WrittenBlob {
  /** As in the response header, in double quotes. */
  eTag: string;
  contentType: string;
  /** Bytes. */
  contentLength: number;
  blobType: string;
}

/** A write that happened, and what its event needs. */
export interface CommittedWrite {
  write: BlobWrite;
  /** The blob's URL in canonical form. */
  url: string;
  eventId: string;
  clientRequestId: string | undefined;
  requestId: string;
  sequencer: string;
  /** Unix time in ms. */
  at: number;
  /** Absent after a delete. */
  blob: WrittenBlob | undefined;
}

/** The URL of a blob as `@azure/storage-blob` writes it: each segment of the name percent-encoded, the apostrophe too. */
export function blobUrl(base: string, { account, container, blob }: BlobWrite): string {
  const name = encodeURIComponent(blob).replaceAll('%2F', '/').replaceAll("'", '%27');
  return `${base}/${account}/${container}/${name}`;
}

/** What can be told of a write's event before it is forwarded. */
export function forecast(write: BlobWrite, url: string): EventForecast {
  return {
    topic: topicOf(write.account),
    subject: `/blobServices/default/containers/${write.container}/blobs/${write.blob}`,
    eventType: `Microsoft.Storage.${write.api === 'DeleteBlob' ? 'BlobDeleted' : 'BlobCreated'}`,
    data: { api: write.api, url },
  };
}

/**
 * The event of a write, in Event Grid's schema (learn.microsoft.com/azure/event-grid/event-schema-blob-storage).
 * A BlobDeleted has no content type and blob type here, since nobody asked for them while the blob was there.
 */
export function blobEvent(committed: CommittedWrite): EventGridEvent {
  const { write, url, clientRequestId, requestId, sequencer, blob } = committed;
  return {
    ...forecast(write, url),
    eventTime: new Date(committed.at).toISOString(),
    id: committed.eventId,
    data: {
      api: write.api,
      ...(clientRequestId === undefined ? {} : { clientRequestId }),
      requestId,
      ...blob,
      url,
      sequencer,
      storageDiagnostics: { batchId: randomUUID() },
    },
    dataVersion: '',
    metadataVersion: '1',
  };
}

function topicOf(account: string): string {
  const subscription = '/subscriptions/00000000-0000-0000-0000-000000000000';
  return `${subscription}/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/${account}`;
}
