import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { DummyOrchestrationContext, type OrchestrationHandler } from 'durable-functions';
import { orchestrationInput } from './orchestration-input.ts';
import type { HistoryEvent } from './protocol.ts';
import { historyRows } from './store/history.ts';
import { instanceRows } from './store/instances.ts';
import { databasePath } from './store/open.ts';

/** An orchestrator and the history to play to it. */
export interface HistoryReplay {
  /** The generator function that the app gives to `df.app.orchestration`. */
  orchestrator: OrchestrationHandler;
  instanceId: string;
  input: unknown;
  /** A history from its first event on; any prefix of a recorded one will do. */
  history: HistoryEvent[];
  parentInstanceId?: string;
}

/** What an orchestrator has asked for once the history was played. */
export interface HistoryReplayResult {
  isDone: boolean;
  /** The SDK's actions since the start, compound ones with their parts in `compoundActions`. */
  actions: { actionType: number; [field: string]: unknown }[];
  output: unknown;
  customStatus: unknown;
  /** What the orchestrator threw. */
  error: string | undefined;
}

/** Plays a history to an orchestrator through the executor of durable-functions, as the host does. */
export async function replayHistory(replay: HistoryReplay): Promise<HistoryReplayResult> {
  const state = await stateOf(replay);
  return {
    isDone: state.isDone ?? false,
    actions: state.actions?.[0] ?? [],
    output: state.output,
    customStatus: state.customStatus,
    error: state.error,
  };
}

interface State {
  isDone?: boolean;
  actions?: HistoryReplayResult['actions'][];
  output?: unknown;
  customStatus?: unknown;
  error?: string;
}

async function stateOf(replay: HistoryReplay): Promise<State> {
  const quiet = new DummyOrchestrationContext('replay', 'replay', () => undefined);
  // The SDK turns times into Dates in place, and an orchestrator may change its input.
  const input = orchestrationInput({
    ...replay,
    events: structuredClone(replay.history),
    input: structuredClone(replay.input ?? null),
    parentInstanceId: replay.parentInstanceId ?? null,
    isReplaying: false,
  });
  try {
    const state = await sdk.createOrchestrator(replay.orchestrator)(input, quiet);
    return JSON.parse(JSON.stringify(state));
  } catch (error) {
    return failedState(error);
  }
}

// The SDK exports this only from within; `df.app.orchestration` itself wraps handlers with it.
const sdk: {
  createOrchestrator(
    handler: OrchestrationHandler,
  ): (input: unknown, context: DummyOrchestrationContext) => Promise<State>;
} = createRequire(import.meta.url)('durable-functions/lib/src/util/testingUtils.js');

const stateLabel = '\n\n$OutOfProcData$:';

function failedState(error: unknown): State {
  const text = error instanceof Error ? error.message : String(error);
  const at = text.indexOf(stateLabel);
  if (at < 0) throw error;
  return { error: '', ...JSON.parse(text.slice(at + stateLabel.length)) };
}

/**
 * The raw events of an instance in order, of its newest execution or of generation `generation`
 * of its continueAsNew chain (the last five are kept). Works while a host runs on the directory.
 */
export function readHistory(
  dataDir: string,
  instanceId: string,
  generation?: number,
): HistoryEvent[] {
  const db = new DatabaseSync(databasePath(dataDir), { readOnly: true });
  try {
    const instance = instanceRows(db).get(instanceId);
    if (!instance) throw new Error(`${dataDir} holds no instance "${instanceId}".`);
    const key = { instanceId, generation: generation ?? instance.generation };
    return historyRows(db).read(key);
  } finally {
    db.close();
  }
}
