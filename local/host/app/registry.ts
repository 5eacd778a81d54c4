import type {
  Binding,
  FunctionCallback,
  FunctionMetadata,
  ProgrammingModel,
} from './core-types.ts';
import { HostError } from './errors.ts';
import { createHooks, registrationRefused, type Hooks } from './hooks.ts';

const supportedTriggers = [
  'httpTrigger',
  'eventGridTrigger',
  'timerTrigger',
  'orchestrationTrigger',
  'activityTrigger',
  'entityTrigger',
] as const;
export type TriggerType = (typeof supportedTriggers)[number];

/** A function of the app, with its trigger found; plain data, which host and app both hold. */
export interface RegisteredFunction {
  name: string;
  type: TriggerType;
  trigger: Binding;
  metadata: FunctionMetadata;
}

/** Everything an app has registered. */
export interface Registry {
  functions: Map<string, RegisteredFunction>;
  /** The app's code for a function that is registered. */
  callbackOf(name: string): FunctionCallback;
  hooks: Hooks;
  model(): ProgrammingModel | undefined;
  setModel(model: ProgrammingModel): void;
  add(metadata: FunctionMetadata, callback: FunctionCallback): () => void;
  lock(): void;
}

/** Collects what an app registers until it is locked. */
export function createRegistry(): Registry {
  const functions = new Map<string, RegisteredFunction>();
  const callbacks = new Map<string, FunctionCallback>();
  let model: ProgrammingModel | undefined;
  let locked = false;
  return {
    functions,
    callbackOf(name) {
      const callback = callbacks.get(name);
      if (!callback) throw new HostError(`The app has no function "${name}".`);
      return callback;
    },
    hooks: createHooks(),
    model: () => model,
    setModel: (given) => void (model = given),
    add(metadata, callback) {
      if (locked) throw registrationRefused('function');
      if (functions.has(metadata.name)) throw duplicate(metadata.name);
      functions.set(metadata.name, toRegistered(metadata));
      callbacks.set(metadata.name, callback);
      return () => void functions.delete(metadata.name);
    },
    lock: () => void (locked = true),
  };
}

function duplicate(name: string): HostError {
  return new HostError(
    `Two functions are registered under the name "${name}". Rename one of them.`,
  );
}

function toRegistered(metadata: FunctionMetadata): RegisteredFunction {
  const trigger = Object.values(metadata.bindings).find((binding) =>
    /trigger$/i.test(binding.type),
  );
  if (!trigger) throw new HostError(`Function "${metadata.name}" has no trigger binding.`);
  const type = supportedTriggers.find(
    (known) => known.toLowerCase() === trigger.type.toLowerCase(),
  );
  if (!type) throw unsupported(metadata.name, trigger.type);
  refuseUnknownBindings(metadata);
  return { name: metadata.name, type, trigger, metadata };
}

function refuseUnknownBindings(metadata: FunctionMetadata): void {
  for (const binding of Object.values(metadata.bindings)) {
    if (/trigger$/i.test(binding.type) || binding.type === 'http') continue;
    if (['durableClient', 'orchestrationClient'].includes(binding.type)) continue;
    throw new HostError(
      `Function "${metadata.name}" uses the binding "${binding.type}" (${binding.direction}), ` +
        'which the local host does not provide. It provides durableClient inputs and http outputs.',
    );
  }
}

function unsupported(name: string, type: string): HostError {
  return new HostError(
    `Function "${name}" has the trigger "${type}", which the local host does not provide. ` +
      `It provides ${supportedTriggers.join(', ')}.`,
  );
}
