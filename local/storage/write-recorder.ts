import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { BlobState } from './ask.ts';
import { blobUrl, forecast, type WrittenBlob } from './blob-event.ts';
import type { BlobWrite } from './blob-write.ts';
import type { Intent } from './intents.ts';
import { complete, settle, type RecorderContext } from './settle.ts';
import { isCurrent } from './verdict.ts';

/** A journaled write under way. */
export interface WriteUnderWay extends Intent {
  headers: IncomingHttpHeaders;
  /** Another journaled write to the same blob was under way at some moment of this one. */
  contested: boolean;
}

export type WriteRecorder = ReturnType<typeof recordWrites>;

/** Turns writes into events: journals each before it is forwarded and settles it afterwards, or after a restart. */
export function recordWrites(context: RecorderContext) {
  const { intents, eventGrid, clock, publicUrl, stopped } = context;
  const underWay = new Map<string, Set<WriteUnderWay>>();
  for (const intent of intents.open()) void settle(intent, context);

  function leave(write: WriteUnderWay) {
    const url = blobUrl(publicUrl, write.write);
    const others = underWay.get(url);
    others?.delete(write);
    if (others?.size === 0) underWay.delete(url);
  }

  return {
    /** Journals a write that some subscription may want; undefined for any other. */
    begin(write: BlobWrite, headers: IncomingHttpHeaders): WriteUnderWay | undefined {
      const url = blobUrl(publicUrl, write);
      if (!eventGrid.mayWant(forecast(write, url))) return undefined;
      const clientRequestId = headers['x-ms-client-request-id']?.toString();
      const intent = intents.begin(write, clientRequestId, clock.now());
      return enter(underWay, url, { ...intent, headers, contested: false });
    },
    /** Publishes the event of a write that succeeded; when this is done, the client may be told. */
    async answered(write: WriteUnderWay, response: IncomingMessage) {
      const { statusCode = 0 } = response;
      if (!stopped.aborted) {
        if (statusCode < 200 || statusCode > 299) intents.end(write);
        else await publish(write, response, context);
      }
      leave(write);
    },
    /** Settles a write whose answer did not come, by asking for the blob. */
    lost(write: WriteUnderWay) {
      leave(write);
      void settle(write, context);
    },
  };
}

function enter(all: Map<string, Set<WriteUnderWay>>, url: string, write: WriteUnderWay) {
  const others = all.get(url);
  if (!others) {
    all.set(url, new Set([write]));
    return write;
  }
  for (const each of others.add(write)) each.contested = true;
  return write;
}

async function publish(write: WriteUnderWay, response: IncomingMessage, context: RecorderContext) {
  const eTag = write.write.api === 'DeleteBlob' ? undefined : String(response.headers.etag);
  const uploaded = eTag === undefined ? undefined : uploadedBlob(write, eTag);
  const requestId = String(response.headers['x-ms-request-id']);
  const { intents, ask, log, stopped } = context;
  try {
    const mustAsk = write.contested || (eTag !== undefined && !uploaded);
    const state = mustAsk ? await ask(write.write) : undefined;
    if (stopped.aborted) return;
    // One that was overtaken takes the number it got at its start, which is below the other's.
    const overtaken = mustAsk && !isCurrent(eTag, state);
    const number = overtaken ? write.id : intents.next();
    const blob = uploaded ?? (eTag === undefined ? undefined : writtenBlob(eTag, state));
    complete(write, { number, requestId, blob }, context);
  } catch (error) {
    log(`The event of ${write.write.api} of "${write.write.blob}" is delayed: ${String(error)}`);
    void settle(write, context);
  }
}

const DEFAULT_TYPE = 'application/octet-stream';

/** What a Put Blob left behind can be told from its request; after another write Azurite must be asked. */
function uploadedBlob({ write, headers }: WriteUnderWay, eTag: string): WrittenBlob | undefined {
  const { 'content-length': length, 'x-ms-blob-type': blobType } = headers;
  const fromUrl = 'x-ms-copy-source' in headers;
  if (write.api !== 'PutBlob' || blobType !== 'BlockBlob' || !length || fromUrl) return undefined;
  const type = headers['x-ms-blob-content-type'] ?? headers['content-type'] ?? DEFAULT_TYPE;
  return { eTag, contentType: String(type), contentLength: Number(length), blobType };
}

/** Of a version that was overwritten before it could be asked for, only its ETag is known. */
function writtenBlob(eTag: string, state: BlobState | undefined): WrittenBlob {
  if (state?.eTag !== eTag) {
    return { eTag, contentType: DEFAULT_TYPE, contentLength: 0, blobType: 'BlockBlob' };
  }
  const { contentType, contentLength, blobType } = state;
  return { eTag, contentType, contentLength, blobType };
}
