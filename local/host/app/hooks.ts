import { HostError } from './errors.ts';

export const hookNames = [
  'appStart',
  'appTerminate',
  'preInvocation',
  'postInvocation',
  'log',
] as const;
export type HookName = (typeof hookNames)[number];
export type HookCallback = (context: Record<string, unknown>) => unknown;

/** The hooks an app has registered, and the data they share for its whole life. */
export interface Hooks {
  appHookData: Record<string, unknown>;
  register(name: string, callback: HookCallback): () => void;
  has(name: HookName): boolean;
  run(name: HookName, context: Record<string, unknown>): Promise<void>;
  runLog(context: Record<string, unknown>): void;
}

/** Keeps an app's hooks; a hook runs after those registered before it. */
export function createHooks(): Hooks {
  const lists = new Map<string, HookCallback[]>(hookNames.map((name) => [name, []]));
  const listOf = (name: HookName): HookCallback[] => lists.get(name) ?? [];
  return {
    appHookData: {},
    register(name, callback) {
      const list = lists.get(name);
      if (!list) throw unknownHook(name);
      list.push(callback);
      return () => void list.splice(list.indexOf(callback), 1);
    },
    has: (name) => listOf(name).length > 0,
    async run(name, context) {
      for (const hook of listOf(name)) await hook(context);
    },
    // As in the real worker, a log hook that throws must not break the code that logs.
    runLog(context) {
      for (const hook of listOf('log')) {
        try {
          hook(context);
        } catch {
          continue;
        }
      }
    },
  };
}

function unknownHook(name: string): Error {
  const message = `Unrecognized hook "${name}". Expected one of: ${hookNames.join(', ')}.`;
  // The library recognises a host that lacks a hook by exactly this shape.
  return Object.assign(new RangeError(message), { isAzureFunctionsSystemError: true });
}

/** Refuses a second registration, or one that comes after the start. */
export function registrationRefused(what: string): HostError {
  return new HostError(`A ${what} can only be registered during app startup.`);
}
