import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The ports of a stack, by what listens there. */
export interface StackPorts {
  host: number;
  blob: number;
  eventGrid: number;
  azurite: number;
  batch: number;
}

const NAMES = ['host', 'blob', 'eventGrid', 'azurite', 'batch'] as const;

// The parts of a stack that was just killed end within two seconds.
const WAIT_FOR_FREE_MS = 3_000;
const LOOK_AGAIN_MS = 100;

/**
 * The ports a stack shall use: those remembered, as run records and task specs hold URLs with them; else free ones.
 * `hostPort` is the user's wish, which goes first. Throws an Error that names the port when one is taken.
 */
export async function choosePorts(
  remembered: StackPorts | undefined,
  hostPort: number | undefined,
): Promise<StackPorts> {
  const wanted = { ...remembered, ...(hostPort ? { host: hostPort } : {}) };
  const ports = await Promise.all(
    NAMES.map(async (name) => {
      const port = wanted[name];
      if (port === undefined) return reserve(0);
      const patience = port === remembered?.[name] ? WAIT_FOR_FREE_MS : 0;
      await waitUntilFree({ name, port, wished: port === hostPort }, patience);
      return { port, release: () => {} };
    }),
  );
  for (const { release } of ports) release();
  return Object.fromEntries(
    NAMES.map((name, at) => [name, ports[at]?.port]),
  ) as unknown as StackPorts;
}

interface WantedPort {
  name: string;
  port: number;
  wished: boolean;
}

async function waitUntilFree(wanted: WantedPort, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      (await reserve(wanted.port)).release();
      return;
    } catch (error) {
      if (Date.now() >= deadline) throw taken(wanted, error);
      await delay(LOOK_AGAIN_MS);
    }
  }
}

/** Held until all are chosen, so that no two are the same. */
function reserve(port: number): Promise<{ port: number; release: () => void }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      resolve({ port: (server.address() as AddressInfo).port, release: () => server.close() });
    });
  });
}

function taken({ name, port, wished }: WantedPort, cause: unknown) {
  const what = wished
    ? 'Stop what listens there, or choose another port for the API.'
    : 'This data folder must keep it, since records of runs hold URLs with it: stop what listens there, or start on another data folder.';
  return new Error(`Port ${port} (${name}) on 127.0.0.1 is taken. ${what}`, { cause });
}
