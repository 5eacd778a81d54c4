import type { Invoke } from '../../app/invoke.ts';
import type { Log } from '../../app/log.ts';
import type { Clock } from '../../clock.ts';
import type { KnownFunctions } from '../function-names.ts';
import type { ActivityTask } from '../store/pending.ts';
import type { Store } from '../store/store.ts';
import type { Commits } from './commits.ts';
import type { ExecutionCache } from './execution-cache.ts';

/** What the parts of the engine share. */
export interface EngineContext {
  store: Store;
  invoke: Invoke;
  log: Log;
  warn: (key: string, source: string, message: string) => void;
  clock: Clock;
  orchestrators: KnownFunctions;
  activities: KnownFunctions;
  entities: KnownFunctions;
  executions: ExecutionCache;
  commits: Commits;
  /** Says that an instance has something in its inbox. */
  wake(instanceId: string): void;
  /** Says that an entity has messages waiting. */
  wakeEntity(entityId: string): void;
  /** Runs activities whose rows are committed. */
  dispatch(tasks: ActivityTask[]): void;
  /** Says that timers were added. */
  timersChanged(): void;
}
