import { installCoreModule } from '../../../../local/host/app/core-module.ts';
import { createInvoke } from '../../../../local/host/app/invoke.ts';
import type { Log } from '../../../../local/host/app/log.ts';
import { createRegistry, type Registry } from '../../../../local/host/app/registry.ts';
import { systemClock, type Clock } from '../../../../local/host/clock.ts';
import { createEngine, type Engine } from '../../../../local/host/durable/engine/engine.ts';
import { isTerminal } from '../../../../local/host/durable/protocol.ts';
import type { Instance } from '../../../../local/host/durable/store/instances.ts';
import { openDataDirectory } from '../../../../local/host/durable/store/open.ts';
import { openStore } from '../../../../local/host/durable/store/store.ts';
import { eventually } from './running-host.ts';

/** The functions that a test registers: one set for each process, as `@azure/functions` has it. */
export function registerFunctions(): { registry: Registry; log: () => string } {
  const lines: string[] = [];
  const registry = createRegistry();
  installCoreModule(
    registry,
    (_level, source, message) => void lines.push(`${source}  ${message}`),
  );
  logs.set(registry, (_level, source, message) => void lines.push(`${source}  ${message}`));
  return { registry, log: () => lines.join('\n') };
}

const logs = new WeakMap<Registry, Log>();

/** A durable engine in this process, on a data directory. */
export interface TestEngine extends Engine {
  /** Waits until an instance has ended. */
  untilEnd(instanceId: string): Promise<Instance>;
  /** Waits until an instance is as wanted. */
  until(instanceId: string, isSo: (instance: Instance) => boolean): Promise<Instance>;
  stop(): Promise<void>;
  /** Lets go of everything at once, as a process does that is killed. */
  crash(): void;
}

export function startEngine(
  registry: Registry,
  { dataDir, clock = systemClock }: { dataDir: string; clock?: Clock },
): TestEngine {
  const log = logs.get(registry) ?? ((): void => undefined);
  const data = openDataDirectory(dataDir);
  const store = openStore(data.db);
  const invoke = createInvoke({ registry, log, durableClient: '{}', functionTimeout: Infinity });
  const engine = createEngine({ store, registry, invoke, log, clock, maxConcurrentActivities: 10 });
  engine.resumeAll();
  const until: TestEngine['until'] = async (instanceId, isSo) => {
    const found = await eventually(
      () => engine.get(instanceId),
      (instance) => instance !== undefined && isSo(instance),
    );
    return found!;
  };
  return {
    ...engine,
    until,
    untilEnd: (instanceId) => until(instanceId, ({ status }) => isTerminal(status)),
    async stop() {
      await engine.close();
      engine.abandon();
      data.close();
    },
    crash() {
      engine.abandon();
      void engine.close();
      data.close();
    },
  };
}

/** A clock that stands until it is moved. */
export function manualClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock & {
  /** Moves to a time, ringing what is due on the way; a turn of the event loop lies between. */
  moveTo(time: number): Promise<void>;
} {
  let now = start;
  const alarms = new Set<{ time: number; ring: () => void }>();
  return {
    now: () => now,
    at(time, ring) {
      const alarm = { time, ring };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    async moveTo(time) {
      now = time;
      for (const alarm of [...alarms].filter((each) => each.time <= time)) {
        alarms.delete(alarm);
        alarm.ring();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
