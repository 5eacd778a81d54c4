import { Agent, request } from 'node:http';
import { sign } from '../../../local/batch/wire/shared-key.ts';

/** Where a Batch account answers. */
export interface Endpoint {
  url: string;
  account: string;
  key: string;
}

/** Sends one request and returns the text of its answer; rejects when that is an error. */
export type Call = (method: string, path: string, body?: string) => Promise<string>;

const version = 'api-version=2022-10-01.16.0';

/** A client that costs little beside what it measures, over so many connections that are kept. */
export function openClient(endpoint: Endpoint, connections: number): Call {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(endpoint.url);
  return (method, path, body) => {
    const full = path.includes('api-version') ? path : `${path}${mark(path)}${version}`;
    const headers = headersOf(endpoint, { method, path: full, body });
    const target = { hostname, port, method, path: full, headers, agent };
    return new Promise((resolve, reject) => {
      const sent = request(target, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  };
}

function mark(path: string): string {
  return path.includes('?') ? '&' : '?';
}

function headersOf(
  { account, key }: Endpoint,
  { method, path, body }: { method: string; path: string; body: string | undefined },
): Record<string, string> {
  const headers: Record<string, string> = { 'ocp-date': new Date().toUTCString() };
  if (body !== undefined) {
    headers['content-type'] = 'application/json; odata=minimalmetadata; charset=utf-8';
    headers['content-length'] = String(Buffer.byteLength(body));
  } else if (method === 'POST') headers['content-length'] = '0';
  const [plain = '', query = ''] = path.split('?');
  const signed = { method, path: plain, query: [...new URLSearchParams(query)], headers };
  headers.authorization = `SharedKey ${account}:${sign(signed, account, key)}`;
  return headers;
}

/** Adds tasks to a job, a hundred a request, with as many requests in flight as there are connections; returns seconds. */
export async function addTasks(
  endpoint: Endpoint,
  job: string,
  { count, connections, commandLine }: { count: number; connections: number; commandLine: string },
): Promise<number> {
  const call = openClient(endpoint, connections);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next += 100;
      const value = Array.from({ length: Math.min(100, count - first) }, (_, index) => ({
        id: `t${String(first + index).padStart(7, '0')}`,
        commandLine,
      }));
      await call('POST', `/jobs/${job}/addtaskcollection`, JSON.stringify({ value }));
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  return (performance.now() - began) / 1000;
}

/** A pool that Batch accepts, as JSON. */
export function poolBody(id: string, nodes: number, slots: number): string {
  return JSON.stringify({
    id,
    vmSize: 'Standard_D2as_v5',
    virtualMachineConfiguration: {
      imageReference: { publisher: 'canonical', offer: 'ubuntu-24_04-lts', sku: 'server' },
      nodeAgentSKUId: 'batch.node.ubuntu 24.04',
    },
    targetDedicatedNodes: nodes,
    taskSlotsPerNode: slots,
  });
}

/** Waits until no task of a job is active or running. */
export async function untilDone(call: Call, job: string): Promise<void> {
  for (;;) {
    const { taskCounts } = JSON.parse(await call('GET', `/jobs/${job}/taskcounts`)) as {
      taskCounts: Record<string, number>;
    };
    if (taskCounts.active === 0 && taskCounts.running === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
