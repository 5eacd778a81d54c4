import type { AddressInfo } from 'node:net';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { defaultAccount, defaultKey, type Account, type Delays } from './account.ts';
import { createAdmin } from './admin/admin.ts';
import { createArm } from './arm/arm.ts';
import type { Controls } from './controls.ts';
import { Faults } from './faults/faults.ts';
import type { AccountOptions } from './open-account.ts';
import { redact } from './redact.ts';
import { refuseAll, startService, type Service } from './service.ts';
import { createClock, machineStamp } from './time/clock.ts';
import { readSimulation } from './virtual/template.ts';
import {
  createVirtualClock,
  type VirtualClock,
  type VirtualTimeSettings,
} from './virtual/virtual-clock.ts';
import { BatchError } from './wire/errors.ts';
import { createRequestCounts } from './wire/request-counts.ts';
import { createWireServer } from './wire/server.ts';
import { requireCredentials } from './wire/shared-key.ts';

/** How the emulator is started; only the data directory is needed. */
export interface BatchEmulatorOptions {
  dataDir: string;
  /** 0, the default, takes a free one. */
  port?: number;
  account?: string;
  /** Base64. */
  key?: string;
  /** Accept bearer tokens beside the key; their audience and expiry are checked, not who signed them. */
  bearer?: boolean;
  /** How many tasks may run at once on all nodes together; twice the number of cores by default. */
  maxTaskProcesses?: number;
  /** Milliseconds that allocation and a node's states take. */
  delays?: Partial<Delays>;
  /** Milliseconds since 1970; not with `virtualTime`. */
  now?: () => number;
  /** What goes wrong, as `PUT /_emulator/faults` takes it. */
  faults?: unknown;
  /** Tasks that are played without processes, as `PUT /_emulator/tasks` takes it. */
  simulation?: unknown;
  /** Time that stands still until it is moved, or until nothing is left to do at it; all tasks are simulated then. */
  virtualTime?: boolean | VirtualTimeSettings;
  /** Opens the endpoints below `/_emulator/`, which turn all this while it runs. */
  admin?: boolean;
  log?: (message: string) => void;
}

/** A running emulator. */
export interface BatchEmulator {
  url: string;
  account: string;
  key: string;
  /** Ends all tasks' processes and the server; tasks that ran start again after the next start. */
  close(): Promise<void>;
}

/** Starts an emulated Batch account on 127.0.0.1; rejects when its data directory cannot be used, the port is taken, or the account or key cannot be. */
export async function startBatchEmulator(options: BatchEmulatorOptions): Promise<BatchEmulator> {
  const credentials = {
    account: options.account ?? defaultAccount,
    key: options.key ?? defaultKey,
  };
  requireCredentials(credentials);
  const write = options.log ?? ((message: string) => void process.stderr.write(`${message}\n`));
  const log = (message: string): void => write(redact(message, [credentials.key]));
  const starting = refuseAll('The emulator is starting.');
  let service: Service | undefined;
  const account = (): Account | undefined => service?.account();
  const controls = readControls(options);
  const counts = createRequestCounts();
  const authentication = { ...credentials, bearer: options.bearer === true };
  const admin = createAdmin({ controls, counts, account, enabled: options.admin === true });
  const arm = createArm({ authentication, account, log });
  const server = createWireServer({
    authentication,
    handlers: () => service?.handlers() ?? starting,
    counts,
    faults: controls.faults,
    admin: (request, response) => admin(request, response) || arm(request, response),
    now: () => account()?.clock.stamp() ?? machineStamp(),
    log,
  });
  server.on('request', (request, response) => standStill(account(), request, response));
  const url = await listen(server, options.port ?? 0);
  try {
    const { account: name } = credentials;
    service = await startService(serviceOptions(options, { name, url, controls, log }));
  } catch (error) {
    server.close();
    throw error;
  }
  const running = service;
  return { url, ...credentials, close: once(() => stop(server, running)) };
}

const virtualTimeByDefault: VirtualTimeSettings = { automatic: true, quietMilliseconds: 50 };
const defaultDelays: Delays = { allocation: 20, creating: 20, starting: 20 };

function serviceOptions(
  options: BatchEmulatorOptions,
  others: Pick<AccountOptions, 'name' | 'url' | 'controls' | 'log'>,
): Omit<AccountOptions, 'failed'> {
  const { time } = others.controls;
  return {
    ...others,
    dataDir: options.dataDir,
    delays: { ...defaultDelays, ...options.delays },
    maxTaskProcesses: options.maxTaskProcesses ?? 2 * availableParallelism(),
    createClock: (start) =>
      time === undefined
        ? createClock({ now: options.now, ...start })
        : createVirtualClock({ settings: time, ...start }),
  };
}

function readControls(options: BatchEmulatorOptions): Controls {
  const { virtualTime = false } = options;
  const faults = new Faults();
  named('faults', () => faults.set(options.faults ?? {}));
  const simulationGiven =
    options.simulation ?? (virtualTime === false ? undefined : { tasks: [{}] });
  return {
    faults,
    simulationGiven,
    simulation:
      simulationGiven === undefined
        ? undefined
        : named('simulation', () => readSimulation(simulationGiven)),
    time: virtualTime === true ? { ...virtualTimeByDefault } : virtualTime || undefined,
  };
}

function named<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const details = error.values.map(({ key, value }) => `${key}: ${value}`).join(', ');
    throw new Error(`${option}: ${error.message} ${details}`, { cause: error });
  }
}

/** Virtual time waits for requests, and for those to come that ask for something. */
function standStill(
  account: Account | undefined,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): void {
  if (account === undefined || !('touch' in account.clock)) return;
  const clock = account.clock as VirtualClock;
  // What only reads may go on for ever, waiting for time to move; and what moves it must not stop it.
  if (method === 'GET' || method === 'HEAD' || url?.startsWith('/_emulator/') === true) return;
  clock.touch();
  void clock.hold(new Promise((resolve) => response.once('close', resolve)));
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

async function stop(server: Server, service: Service): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await Promise.all([closed, service.close()]);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= action());
}
