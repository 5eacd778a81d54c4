import { fork, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { HostError } from '../app/errors.ts';
import type { AppSettings, BlockedBy, FromApp, ToApp } from '../app/messages.ts';
import type { RegisteredFunction } from '../app/registry.ts';
import { reportsDescriptor } from '../app/reports.ts';
import type { ProcessEnd } from './call.ts';

export interface AppProcessOptions {
  settings: AppSettings;
  env: NodeJS.ProcessEnv;
  /** Told of everything the process says after it has loaded the app. */
  receive(message: FromApp): void;
}

/** A process that has loaded the app. */
export interface AppProcess {
  functions: RegisteredFunction[];
  /** Where `@azure/functions` takes requests whose bodies are streamed, when the app asks for that. */
  streamUrl: string | undefined;
  send(message: ToApp): void;
  /** Ends it by force; `reason` is told to those who wait for it, as "The app's process …". */
  kill(reason: string): void;
  ended: Promise<ProcessEnd>;
}

/** Starts a process and loads the app in it; throws a HostError when the app cannot be loaded. */
export async function startAppProcess(options: AppProcessOptions): Promise<AppProcess> {
  const child = spawnApp(options);
  let killedFor: string | undefined;
  const ended = endOf(child).then((how) => ({
    reason: killedFor ?? how,
    isCrash: killedFor === undefined,
  }));
  const send = batchedSend(child);
  readReports(child, options);
  send({ kind: 'load', settings: options.settings });
  const answer = await Promise.race([firstMessage(child, options), ended]);
  if (!('kind' in answer)) {
    throw new HostError(`The app's process ${answer.reason} while the app was loading.`);
  }
  if (answer.kind !== 'loaded') {
    child.kill('SIGKILL');
    throw new HostError(answer.kind === 'refused' ? answer.text : 'The app did not load.');
  }
  const kill = (reason: string): void => {
    killedFor ??= reason;
    child.kill('SIGKILL');
  };
  return { functions: answer.functions, streamUrl: answer.streamUrl, send, kill, ended };
}

const entry = fileURLToPath(
  new URL(`../app/main${extname(import.meta.filename)}`, import.meta.url),
);

function spawnApp({ settings, env }: AppProcessOptions): ChildProcess {
  return fork(entry, {
    cwd: settings.directory,
    // Types need not be stripped again at each start, nor code compiled.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...env },
    // Out of the terminal's process group: Ctrl-C reaches the host alone, which ends the app in order.
    detached: true,
    serialization: 'advanced',
    // Enums and the like of TypeScript are transformed, not refused.
    execArgv: [
      ...process.execArgv,
      '--experimental-transform-types',
      '--disable-warning=ExperimentalWarning',
      ...workerArguments(env),
    ],
    // Standard output of the host is for the host; what the app prints goes with the log.
    stdio: ['ignore', 2, 2, 'ipc', 'pipe'],
  });
}

/** The app setting by which Azure's host passes arguments to Node too. */
function workerArguments(env: NodeJS.ProcessEnv): string[] {
  return (env['languageWorkers__node__arguments'] ?? '').split(/\s+/).filter(Boolean);
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
}

/** Gathers what is said in one turn of the event loop into one message. */
function batchedSend(child: ChildProcess): (message: ToApp) => void {
  let waiting: ToApp[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    // A process that has ended answers nothing: who waits for it is told by its end.
    if (child.connected) child.send(batch, () => undefined);
  };
  return (message) => {
    if (waiting.push(message) === 1) setImmediate(flush);
  };
}

function firstMessage(child: ChildProcess, { receive }: AppProcessOptions): Promise<FromApp> {
  return new Promise((resolve) => {
    let isFirst = true;
    child.on('message', (batch: FromApp[]) => {
      for (const message of batch) {
        if (!isFirst) receive(message);
        else resolve(message);
        isFirst = false;
      }
    });
  });
}

/** What the thread beside the app's tells of what blocks that one. */
function readReports(child: ChildProcess, { receive }: AppProcessOptions): void {
  const reports = child.stdio[reportsDescriptor] as Readable;
  createInterface({ input: reports })
    .on('line', (line) => receive({ kind: 'blocked', by: JSON.parse(line) as BlockedBy | null }))
    .on('close', () => receive({ kind: 'blocked', by: null }));
}
