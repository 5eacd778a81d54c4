import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { waitReal } from '../time/timer.ts';

/** One HTTP request whose URL goes on the wire as it is: URL classes would rewrite blob names such as `a/../b`. */
export interface Transfer {
  method: string;
  url: string;
  headers?: Record<string, string | number>;
  /** The body, or what opens it, once per attempt. */
  body?: Buffer | (() => Readable);
  signal: AbortSignal;
}

/** Sends a request, again when the connection or the server fails for a while; resolves with whatever answer came last. */
export async function send(transfer: Transfer): Promise<IncomingMessage> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await sendOnce(transfer);
      if (!isTransient(response.statusCode ?? 0) || attempt === attempts) return response;
      response.resume();
    } catch (error) {
      if (transfer.signal.aborted || attempt === attempts) throw error;
    }
    await waitReal(Math.min(100 * 2 ** attempt, 3000), transfer.signal);
  }
}

/** Reads the rest of an answer, at most some kilobytes of it. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < 65_536) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}

const attempts = 6;
const idleMilliseconds = 60_000;
const httpAgent = new HttpAgent({ keepAlive: true, maxFreeSockets: 64 });
const httpsAgent = new HttpsAgent({ keepAlive: true, maxFreeSockets: 64 });

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

async function sendOnce(transfer: Transfer): Promise<IncomingMessage> {
  const { protocol, host, port, path } = splitUrl(transfer.url);
  const secure = protocol === 'https';
  const request = (secure ? httpsRequest : httpRequest)({
    host,
    port,
    path,
    method: transfer.method,
    headers: transfer.headers ?? {},
    agent: secure ? httpsAgent : httpAgent,
    signal: transfer.signal,
    timeout: idleMilliseconds,
  });
  request.on('timeout', () =>
    request.destroy(new Error(`No answer within ${idleMilliseconds / 1000} s.`)),
  );
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
  if (typeof transfer.body !== 'function') request.end(transfer.body);
  else pipeline(transfer.body(), request).catch((error: Error) => request.destroy(error));
  return answered;
}

function splitUrl(url: string): { protocol: string; host: string; port: number; path: string } {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?([^#]*)/i.exec(url);
  if (match === null) throw new Error(`${url.split('?', 1)[0]} is not an http or https URL.`);
  const protocol = (match[1] ?? '').toLowerCase();
  const rest = match[4] ?? '';
  return {
    protocol,
    host: (match[2] ?? '').replace(/^\[|\]$/g, ''),
    port: Number(match[3] ?? (protocol === 'https' ? 443 : 80)),
    path: rest.startsWith('/') ? rest : `/${rest}`,
  };
}
