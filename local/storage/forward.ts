import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { requestHeaders, responseHeaders } from './hop-headers.ts';
import { refuse } from './refusal.ts';

export interface Upstream {
  host: string;
  port: number;
  agent: http.Agent;
}

/** What the forwarder tells of a request. Exactly one of the two is called. */
export interface ForwardHooks {
  /** Azurite answered; awaited before the answer is passed on. */
  answered(response: IncomingMessage): Promise<void>;
  /** No answer came, or nobody was left to take it: the request may or may not have been carried out. */
  lost(): void;
}

// Azurite is up again about a second after a kill.
const CONNECT_FOR_MS = 5_000;
const CONNECT_AGAIN_MS = 50;

/**
 * Passes a request on and its answer back, byte for byte but for what belongs to one connection.
 *
 * Where Azurite is away for longer than five seconds the answer is 503 ServerBusy, as Azure's would be: the SDKs
 * retry that, and do not retry 502.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: Upstream,
  hooks: ForwardHooks,
): Promise<void> {
  const deadline = Date.now() + CONNECT_FOR_MS;
  for (;;) {
    const result = await attempt(request, response, upstream);
    if ('answer' in result) return finish(result.answer, response, hooks);
    const again = result.unspent && !response.destroyed && Date.now() < deadline;
    if (again) {
      await delay(CONNECT_AGAIN_MS);
      continue;
    }
    hooks.lost();
    return refuse(response, {
      status: 503,
      code: 'ServerBusy',
      message: `Azurite at ${upstream.host}:${upstream.port} does not answer (${result.error.message}). Try again when it is up.`,
    });
  }
}

/** `unspent`: the request can be sent again, since nothing of it can have had an effect and its body is all there. */
type Attempt = { answer: IncomingMessage } | { error: Error; unspent: boolean };

function attempt(
  request: IncomingMessage,
  response: ServerResponse,
  { host, port, agent }: Upstream,
) {
  return new Promise<Attempt>((resolve) => {
    const { method, url: path } = request;
    const headers = requestHeaders(request);
    const outgoing = http.request({ host, port, agent, method, path, headers });
    let connected = false;
    const onGone = () => outgoing.destroy();
    response.once('close', onGone);
    outgoing.on('error', (error) => {
      response.off('close', onGone);
      resolve({ error, unspent: !connected || isStale(outgoing, request) });
    });
    outgoing.on('continue', () => response.writeContinue());
    outgoing.on('response', (answer) => resolve({ answer }));
    outgoing.on('socket', (socket) => {
      const send = () => {
        connected = true;
        // A pipe from a stream that has ended ends nothing.
        if (request.readableEnded) outgoing.end();
        else request.pipe(outgoing);
      };
      if (socket.connecting) socket.once('connect', send);
      else send();
    });
  });
}

/** A kept-alive connection whose other end is gone; what only reads may be sent again. */
function isStale(outgoing: ClientRequest, { method }: IncomingMessage): boolean {
  return outgoing.reusedSocket && (method === 'GET' || method === 'HEAD');
}

async function finish(answer: IncomingMessage, response: ServerResponse, hooks: ForwardHooks) {
  await hooks.answered(answer);
  if (response.destroyed || answer.destroyed) {
    answer.resume();
    response.destroy();
    return;
  }
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 0, answer.statusMessage, responseHeaders(answer));
  // When the other end goes, `attempt` has cut this one off. No pipeline: it makes and aborts a signal for each answer.
  answer.on('error', () => response.destroy()).pipe(response);
}
