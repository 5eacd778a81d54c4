import { randomUUID } from 'node:crypto';
import type { Clock } from '../events/clock.ts';
import type { EventGrid } from '../events/event-grid.ts';
import type { BlobState } from './ask.ts';
import { blobEvent, blobUrl, type WrittenBlob } from './blob-event.ts';
import type { BlobWrite } from './blob-write.ts';
import type { Intent, Intents } from './intents.ts';
import { seemsToHaveHappened } from './verdict.ts';

export interface RecorderContext {
  intents: Intents;
  eventGrid: EventGrid;
  clock: Clock;
  /** Base of the URLs in events, without a slash at the end. */
  publicUrl: string;
  /** Asks Azurite for a blob; rejects when Azurite is away. */
  ask: (write: BlobWrite) => Promise<BlobState | undefined>;
  log: (line: string) => void;
  /** Aborted when the recorder stops; what is open then is settled at the next start. */
  stopped: AbortSignal;
}

// A request that Azurite had in hand when its answer was lost may still be committed a little later.
const ASK_AT_MS = [0, 1_000, 5_000, 30_000];
const FAILED_WAIT_MS = 250;

/** Finds out by asking for the blob, some times over half a minute, whether a write happened, and publishes if so. */
export async function settle(intent: Intent, context: RecorderContext): Promise<void> {
  const { intents, clock, stopped, log } = context;
  for (const wait of ASK_AT_MS) {
    await pause(clock, wait);
    const done = await untilDone(() => settleNow(intent, context), context);
    if (done || stopped.aborted) return;
  }
  log(`${intent.write.api} of "${intent.write.blob}" got no answer and did not happen.`);
  intents.end(intent);
}

export interface Completion {
  /** Place in the order of writes. */
  number: number;
  requestId: string;
  /** Absent after a delete. */
  blob: WrittenBlob | undefined;
}

/** Publishes the event of a write that happened, and closes its intent. */
export function complete(intent: Intent, done: Completion, context: RecorderContext): void {
  const { intents, eventGrid, publicUrl, clock } = context;
  const { write, eventId, clientRequestId } = intent;
  const { number, requestId, blob } = done;
  const url = blobUrl(publicUrl, write);
  const sequencer = intents.sequencer(number);
  const at = clock.now();
  eventGrid.publish(
    blobEvent({ write, url, eventId, clientRequestId, requestId, sequencer, at, blob }),
  );
  intents.end(intent);
}

async function settleNow(intent: Intent, context: RecorderContext): Promise<boolean> {
  const state = await context.ask(intent.write);
  if (context.stopped.aborted || !seemsToHaveHappened(intent, state)) return false;
  const blob = intent.write.api === 'DeleteBlob' ? undefined : writtenBlob(state);
  complete(intent, { number: context.intents.next(), requestId: randomUUID(), blob }, context);
  return true;
}

function writtenBlob(state: BlobState | undefined): WrittenBlob | undefined {
  if (!state) return undefined;
  const { eTag, contentType, contentLength, blobType } = state;
  return { eTag, contentType, contentLength, blobType };
}

/** Azurite may be away, or the disk full: both pass. */
async function untilDone(act: () => Promise<boolean>, { clock, stopped }: RecorderContext) {
  while (!stopped.aborted) {
    try {
      return await act();
    } catch {
      await pause(clock, FAILED_WAIT_MS);
    }
  }
  return false;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));
}
