import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Subscription } from '../events/subscription.ts';
import type { FunctionSummary } from '../host/http/admin.ts';
import { lockFolder } from './lock.ts';
import { partDefinitions, urlsOf, type PartName, type StackUrls } from './parts.ts';
import { choosePorts, type StackPorts } from './ports.ts';
import { readStackFile, writeStackFile } from './stack-file.ts';
import { supervise, type SupervisedPart } from './supervise.ts';

export interface StackOptions {
  /** Folder for everything that the stack keeps; made if need be. */
  dataDir: string;
  /** Folder of the Functions app. */
  appDir: string;
  /** Glob of the app's function files, from `appDir`; absent: as the app's package.json says. */
  functions?: string;
  /** Port of the API; absent: the one used on this folder before, else any. */
  port?: number;
  /** Task processes that the Batch emulator runs at a time; absent: its own default. */
  maxTaskProcesses?: number;
  /** The app's settings: environment variables of the host's process. */
  settings?: (urls: StackUrls) => Record<string, string>;
  /** Where storage's events go. */
  subscriptions?: (urls: StackUrls) => Subscription[];
  /** Told, in a sentence each, what happens to the parts. */
  log?: (line: string) => void;
}

/** A running stack. */
export interface Stack {
  urls: StackUrls;
  /** The processes that run now. */
  readonly processes: { name: PartName; pid: number }[];
  /** The app's functions, as the host told them. */
  functions: FunctionSummary[];
  close(): Promise<void>;
}

/**
 * Starts Azurite, storage gateway with Event Grid, Batch emulator and Functions host, each a process of its own that is
 * started again when it ends. On the same folder everything goes on where it was, at the same URLs.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(`${dataDir}/logs`, { recursive: true });
  const lock = lockFolder(dataDir);
  try {
    const ports = await choosePorts(readStackFile(dataDir)?.ports, options.port);
    return await startParts({ ...options, dataDir }, ports, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startParts(
  options: StackOptions,
  ports: StackPorts,
  release: () => void,
): Promise<Stack> {
  const { dataDir, log = () => {} } = options;
  const urls = urlsOf(ports);
  const parts: SupervisedPart<PartName>[] = [];
  const processes = () => parts.map(({ name, pid }) => ({ name, pid }));
  const remember = () =>
    writeStackFile(dataDir, { ports, urls, pid: process.pid, processes: processes() });
  remember();
  const definitions = definitionsFor(options, ports, urls);
  // All at once: each knows the others' addresses beforehand and copes with one that is not up yet.
  const started = await Promise.allSettled(
    definitions.map(async (definition) => supervise(definition, { log, restarted: remember })),
  );
  parts.push(...started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  const failures = started.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (failures.length > 0) {
    await stopInTurn(parts);
    throw failures[0];
  }
  remember();
  return {
    urls,
    functions: functionsOf(parts),
    get processes() {
      return processes();
    },
    async close() {
      await stopInTurn(parts);
      release();
    },
  };
}

function definitionsFor(options: StackOptions, ports: StackPorts, urls: StackUrls) {
  const { dataDir, appDir, functions, maxTaskProcesses, settings, subscriptions } = options;
  const subscriptionsFile = `${dataDir}/subscriptions.json`;
  writeFileSync(subscriptionsFile, JSON.stringify(subscriptions?.(urls) ?? [], null, 2));
  const hostEnvironment = settings?.(urls) ?? {};
  return partDefinitions({
    ports,
    dataDir,
    appDir: resolve(appDir),
    functions,
    maxTaskProcesses,
    subscriptionsFile,
    hostEnvironment,
  });
}

function functionsOf(parts: SupervisedPart<PartName>[]): FunctionSummary[] {
  const host = parts.find(({ name }) => name === 'host');
  return (host?.ready['functions'] ?? []) as FunctionSummary[];
}

/** Host first, so that what is under way ends while the others still answer; Azurite last. */
async function stopInTurn(parts: SupervisedPart<PartName>[]) {
  for (const part of parts.toReversed()) await part.stop();
}
