import { flushCompileCache } from 'node:module';
import { installCoreModule } from './core-module.ts';
import { errorText, HostError, messageOf, stackOf } from './errors.ts';
import { reportEscapedErrors } from './escaped-errors.ts';
import { createHistories } from './histories.ts';
import { connectHost, type HostLink } from './host-link.ts';
import { createInvoke, type Invoke } from './invoke.ts';
import { loadApp } from './load.ts';
import { createLog } from './log.ts';
import type { AppSettings, InvokeMessage, ReplayMessage, ToApp } from './messages.ts';
import { createRegistry, type Registry } from './registry.ts';
import { deltaOf } from './replay-delta.ts';
import { inSlices } from './slices.ts';
import { plainReplay } from './plain-replay.ts';
import { replay } from '../durable/replay.ts';

// The process in which an app's code runs, apart from the host: what the code does to its process
// (blocking, crashing, filling memory) the host outlives.

const host = connectHost(receive);
let app: LoadedApp | undefined;

interface LoadedApp {
  registry: Registry;
  invoke: Invoke;
}

function receive(message: ToApp): void {
  switch (message.kind) {
    case 'load':
      return void load(message.settings);
    case 'ping':
      return host.send({ kind: 'pong' });
    case 'end':
      return void end();
    case 'invoke':
      return void answer(host, message.id, () => invokeFunction(message));
    case 'replay':
      return replayLater(message);
  }
}

async function load(settings: AppSettings): Promise<void> {
  const { directory, functions, logLevels, durableClient } = settings;
  const log = createLog(logLevels, '.User');
  reportEscapedErrors(log);
  try {
    const registry = createRegistry();
    installCoreModule(registry, log);
    const { streamUrl } = await loadApp(registry, { directory, functions });
    app = { registry, invoke: createInvoke({ registry, log, durableClient }) };
    host.send({ kind: 'loaded', functions: [...registry.functions.values()], streamUrl });
    // Written now: a process that is killed writes nothing at its end.
    setImmediate(() => flushCompileCache());
  } catch (error) {
    host.send({ kind: 'refused', text: errorText(error) });
  }
}

function loaded(name: string) {
  const found = app?.registry.functions.get(name);
  if (!app || !found) throw new HostError(`The app has no function "${name}".`);
  return { invoke: app.invoke, function: found };
}

async function invokeFunction(message: InvokeMessage): Promise<unknown> {
  const { id: callId, data, triggerMetadata, invocationId, retryContext } = message;
  const { invoke, function: found } = loaded(message.name);
  return invoke({ function: found, data, triggerMetadata, callId, invocationId, retryContext });
}

const histories = createHistories();

// The host sends many replays at once; the app's requests must not wait for all of them.
const replayLater = inSlices(replayHistory);

async function replayHistory(message: ReplayMessage): Promise<void> {
  const { id, name, request, events: part, known } = message;
  const history = histories.extend(part);
  if (!history) return host.send({ kind: 'unknownHistory', id });
  await answer(host, id, async () => {
    const { invoke, function: found } = loaded(name);
    const inCall: Invoke = (invocation) => invoke({ ...invocation, callId: id });
    const { events } = history;
    const replayed = await replay(inCall, { ...request, function: found, events });
    const { delta, sent } = deltaOf(replayed, history.sent, known);
    history.sent = sent;
    return { ...delta, replay: plainReplay(delta.replay) };
  });
}

async function answer(link: HostLink, id: number, work: () => Promise<unknown>): Promise<void> {
  try {
    link.send({ kind: 'result', id, value: await work() });
  } catch (error) {
    link.send({ kind: 'failure', id, error: { message: messageOf(error), stack: stackOf(error) } });
  }
}

async function end(): Promise<void> {
  try {
    const hooks = app?.registry.hooks;
    await hooks?.run('appTerminate', { hookData: {}, appHookData: hooks.appHookData });
  } catch (error) {
    process.stderr.write(`An appTerminate hook failed: ${stackOf(error)}\n`);
  }
  process.exit(0);
}
