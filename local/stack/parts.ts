import { fileURLToPath } from 'node:url';
import { ACCOUNTS } from './accounts.ts';
import type { StackPorts } from './ports.ts';
import type { PartDefinition } from './part.ts';

/** Where the parts of a stack are reached. */
export interface StackUrls {
  /** Root of the HTTP API, `/api` included. */
  api: string;
  /** Root of the Functions host. */
  host: string;
  /** Blob endpoint of the well-known account, events included: what clients use. */
  blob: string;
  /** Account endpoint of the Batch emulator. */
  batch: string;
  /** Event Grid: `POST /api/events`. */
  eventGrid: string;
  /** Azurite itself, past the gateway: writes there fire no event. */
  azurite: string;
}

export type PartName = 'azurite' | 'storage' | 'batch' | 'host';

export interface PartSettings {
  ports: StackPorts;
  dataDir: string;
  appDir: string;
  /** Glob of the app's function files, from `appDir`; absent: as package.json says. */
  functions: string | undefined;
  maxTaskProcesses: number | undefined;
  /** File that holds the event subscriptions. */
  subscriptionsFile: string;
  /** Environment of the host's process, over this one's. */
  hostEnvironment: Record<string, string>;
}

/** The URLs that follow from the ports. */
export function urlsOf(ports: StackPorts): StackUrls {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    api: `${at(ports.host)}/api`,
    host: at(ports.host),
    blob: `${at(ports.blob)}/${ACCOUNTS.storage.name}`,
    batch: at(ports.batch),
    eventGrid: at(ports.eventGrid),
    azurite: `${at(ports.azurite)}/${ACCOUNTS.storage.name}`,
  };
}

/** How each part is started, in the order in which they are stopped backwards. */
export function partDefinitions(settings: PartSettings): PartDefinition<PartName>[] {
  const { ports, dataDir, appDir, functions, maxTaskProcesses } = settings;
  const { name: account, key } = ACCOUNTS.batch;
  const azuriteUrl = `http://127.0.0.1:${ports.azurite}`;
  return [
    part('azurite', '../storage/azurite-main.ts', { port: ports.azurite, dataDir }),
    part('storage', '../storage/gateway-main.ts', { port: ports.blob, dataDir }, [
      `--event-grid-port=${ports.eventGrid}`,
      `--azurite-url=${azuriteUrl}`,
      `--subscriptions=${settings.subscriptionsFile}`,
    ]),
    part('batch', '../batch/main.ts', { port: ports.batch, dataDir }, [
      `--account=${account}`,
      `--key=${key}`,
      ...(maxTaskProcesses ? [`--max-task-processes=${maxTaskProcesses}`] : []),
    ]),
    {
      ...part('host', '../host/main.ts', { port: ports.host, dataDir }, [
        appDir,
        ...(functions ? [`--functions=${functions}`] : []),
      ]),
      env: settings.hostEnvironment,
    },
  ];
}

function part(
  name: PartName,
  script: string,
  { port, dataDir }: { port: number; dataDir: string },
  more: string[] = [],
): PartDefinition<PartName> {
  const common = [
    `--port=${port}`,
    `--data-dir=${dataDir}/${name}`,
    '--exit-with-parent',
    '--json',
  ];
  return {
    name,
    script: fileURLToPath(new URL(script, import.meta.url)),
    args: [...more, ...common],
    env: {},
    logFile: `${dataDir}/logs/${name}.log`,
  };
}
