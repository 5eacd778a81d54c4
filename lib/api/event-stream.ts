import { setTimeout as sleep } from 'node:timers/promises';

export const EVENT_STREAM = 'text/event-stream';

const RETRY_MS = 1000;

/** How a stream goes on, in milliseconds. */
export interface Pace {
  /** Azure's load balancer ends what takes 230 seconds; a client whose stream ends before that comes again. */
  life: number;
  /** Comments in between keep proxies from taking a quiet stream for a dead one. */
  heartbeat: number;
  /** Between two looks. */
  look: number;
}

const PACE: Pace = { life: 200_000, heartbeat: 15_000, look: 1000 };

/** One server-sent event; a client that comes again names the id of the last one it got. */
export interface StreamEvent {
  id: string;
  event: string;
  data: unknown;
}

/** What a look found: events that are new, and whether nothing can come after. */
export interface Look {
  events: StreamEvent[];
  ended: boolean;
}

/** Answers with server-sent events: what `look` finds each second, until it has ended, or for some 200 seconds. */
export function eventStream(
  look: () => Promise<Look>,
  log: (error: unknown) => void,
  pace: Pace = PACE,
): Response {
  const closing = new AbortController();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string): void => controller.enqueue(encoder.encode(text));
      send(`retry: ${RETRY_MS}\n\n`);
      try {
        await follow(look, send, { pace, signal: closing.signal });
      } catch (error) {
        // The client comes again by itself, and so does whatever went wrong, if it is still there.
        if (!closing.signal.aborted) log(error);
      }
      if (!closing.signal.aborted) controller.close();
    },
    cancel() {
      closing.abort();
    },
  });
  const headers = {
    'content-type': EVENT_STREAM,
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  };
  return new Response(body, { headers });
}

async function follow(
  look: () => Promise<Look>,
  send: (text: string) => void,
  { pace, signal }: { pace: Pace; signal: AbortSignal },
): Promise<void> {
  const closesAt = Date.now() + pace.life;
  let sentAt = Date.now();
  while (Date.now() < closesAt && !signal.aborted) {
    const { events, ended } = await look();
    if (signal.aborted) return;
    for (const event of events) send(eventText(event));
    if (events.length > 0) sentAt = Date.now();
    if (ended) return;
    if (Date.now() - sentAt >= pace.heartbeat) {
      send(': still here\n\n');
      sentAt = Date.now();
    }
    await sleep(pace.look, undefined, { signal });
  }
}

/** An event on the wire; JSON has no line breaks of its own. */
function eventText({ id, event, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
