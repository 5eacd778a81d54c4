import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a gate sees it. */
export interface Passing {
  method: string;
  /** Path and query, percent-encoded as it came. */
  url: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** When it came, in milliseconds since 1970, and how many were under way then, itself included. */
  at: number;
  underWay: number;
  /** When all that the service answered had passed. */
  answeredAt?: number;
  /** What was answered here, in the service's place. */
  refused?: { status: number; retryAfter: number | undefined };
}

/**
 * What a gate does with a request: lets it through, loses the service's answer, cuts it off in its middle, calls
 * `swallowed` in place of giving it, or answers in the service's place.
 */
export type Verdict =
  | 'forward'
  | 'loseAnswer'
  | 'cutAnswer'
  | { swallowed: () => void }
  | { status: number; headers?: Record<string, string>; body?: string };

/** A request that waits at a gate. */
export interface Held {
  request: Passing;
  /** Lets it through, once; settles with the status that the service answered. */
  release(): Promise<number>;
}

/** Stands between the app and a service, as a network would, and may hold, lose or refuse what passes. */
export interface Gate {
  url: string;
  /** Decides each request; lets all through at first. */
  judge: (request: Passing) => Verdict;
  /** Holds the next request that fits, once. */
  holdNext(fits: (request: Passing) => boolean): Promise<Held>;
  /** Requests that passed, answered here or there. */
  passed: Passing[];
  close(): Promise<void>;
}

/** Opens a gate in front of the service that `target` names once it is known; without a path. */
export async function openGate(target: () => string): Promise<Gate> {
  const agent = new http.Agent({ keepAlive: true });
  let underWay = 0;
  const holds: { fits: (request: Passing) => boolean; take: (held: Held) => void }[] = [];
  const server = http.createServer((request, response) => {
    void pass(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const gate: Gate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    judge: () => 'forward',
    holdNext: (fits) => new Promise((take) => holds.push({ fits, take })),
    passed: [],
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };

  async function pass(request: http.IncomingMessage, response: http.ServerResponse) {
    underWay++;
    response.on('close', () => underWay--);
    const passing: Passing = { ...(await read(request)), at: Date.now(), underWay };
    gate.passed.push(passing);
    const index = holds.findIndex(({ fits }) => fits(passing));
    const [hold] = index === -1 ? [] : holds.splice(index, 1);
    if (hold) {
      let released: Promise<number> | undefined;
      const release = () => (released ??= forward(passing, response));
      hold.take({ request: passing, release });
      return;
    }
    const verdict = gate.judge(passing);

    if (verdict === 'forward') await forward(passing, response);
    else if (verdict === 'loseAnswer') await forward(passing, null).then(() => response.destroy());
    else if (verdict === 'cutAnswer') await forward(passing, response, { cut: true });
    else if ('swallowed' in verdict) await forward(passing, null).then(verdict.swallowed);
    else {
      const retryAfter = Number(verdict.headers?.['retry-after'] ?? Number.NaN);
      passing.refused = { status: verdict.status, retryAfter: retryAfter || undefined };
      response.writeHead(verdict.status, verdict.headers).end(verdict.body ?? '');
    }
  }

  function forward(
    passing: Passing,
    response: http.ServerResponse | null,
    { cut } = { cut: false },
  ): Promise<number> {
    return new Promise((resolve) => {
      const { method, url, headers, body } = passing;
      const onward = http.request(new URL(url, target()), { method, headers, agent }, (answer) => {
        response?.writeHead(answer.statusCode ?? 500, answer.headers);
        if (response && cut) void cutOff(answer, response);
        else if (response) answer.pipe(response);
        else answer.resume();
        answer.on('close', () => {
          passing.answeredAt = Date.now();
          resolve(answer.statusCode ?? 0);
        });
      });
      // The service is down or broke off: so it looks to the client too.
      onward.on('error', () => {
        response?.destroy();
        resolve(0);
      });
      onward.end(body);
    });
  }

  return gate;
}

/** Half of the body, and then the connection breaks. */
async function cutOff(answer: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
}

async function read(request: http.IncomingMessage): Promise<Omit<Passing, 'at' | 'underWay'>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/', headers } = request;
  return { method, url, headers, body: Buffer.concat(chunks) };
}
