import { setTimeout as sleep } from 'node:timers/promises';

export const EVENT_STREAM = 'text/event-stream';

/** Azure's load balancer ends what takes 230 seconds; a client that is told so before comes again. */
const LIFE_MS = 200_000;
const RETRY_MS = 1000;
/** Comments in between keep proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;
const LOOK_MS = 1000;

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
export function eventStream(look: () => Promise<Look>, log: (error: unknown) => void): Response {
  const closing = new AbortController();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string): void => controller.enqueue(encoder.encode(text));
      send(`retry: ${RETRY_MS}\n\n`);
      try {
        await follow(look, send, closing.signal);
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
  signal: AbortSignal,
): Promise<void> {
  const closesAt = Date.now() + LIFE_MS;
  let sentAt = Date.now();
  while (Date.now() < closesAt && !signal.aborted) {
    const { events, ended } = await look();
    if (signal.aborted) return;
    for (const event of events) send(eventText(event));
    if (events.length > 0) sentAt = Date.now();
    if (ended) return;
    if (Date.now() - sentAt >= HEARTBEAT_MS) {
      send(': still here\n\n');
      sentAt = Date.now();
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** An event on the wire; JSON has no line breaks of its own. */
function eventText({ id, event, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
