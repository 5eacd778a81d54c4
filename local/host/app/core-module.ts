import Module from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  LogLevel,
  ProgrammingModel,
} from './core-types.ts';
import type { HookCallback } from './hooks.ts';
import type { Log } from './log.ts';
import type { Registry } from './registry.ts';

/** The version the host reports to the app: that of the real host whose traces it follows. */
export const hostVersion = '4.1037.0';

/**
 * Makes `require('@azure/functions-core')` answer, as the Node worker does, until undone.
 * Must run before any code of the app: `@azure/functions` remembers that the module was absent.
 */
export function installCoreModule(registry: Registry, log: Log): () => void {
  const core = coreModule(registry, log);
  const original = Module.prototype.require;
  Module.prototype.require = new Proxy(original, {
    apply: (target, self, args) =>
      args[0] === '@azure/functions-core' ? core : Reflect.apply(target, self, args),
  });
  return () => void (Module.prototype.require = original);
}

function coreModule(registry: Registry, log: Log): Record<string, unknown> {
  return {
    version: '3.9.1',
    hostVersion,
    setProgrammingModel: (model: ProgrammingModel) => registry.setModel(model),
    getProgrammingModel: () => registry.model(),
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      new Disposable(registry.add(metadata, callback)),
    registerHook: (name: string, callback: HookCallback) =>
      new Disposable(registry.hooks.register(name, callback)),
    log: (level: LogLevel, _category: string, message: string) => log(level, 'app', message),
    Disposable,
  };
}

class Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  static from(...items: { dispose(): void }[]): Disposable {
    return new Disposable(() => items.forEach((item) => item.dispose()));
  }
}
