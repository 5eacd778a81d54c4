import type { RegisteredFunction, TriggerType } from '../app/registry.ts';

/** The app's functions as the host knows them. */
export interface FunctionTable {
  all(): RegisteredFunction[];
  ofType(type: TriggerType): RegisteredFunction[];
  /** The functions of a type by name; the map follows when the app is loaded anew. */
  named(type: TriggerType): ReadonlyMap<string, RegisteredFunction>;
  replace(functions: RegisteredFunction[]): void;
}

/** Makes a table with no functions yet. */
export function createFunctionTable(): FunctionTable {
  let all: RegisteredFunction[] = [];
  const maps = new Map<TriggerType, Map<string, RegisteredFunction>>();
  const ofType = (type: TriggerType) => all.filter((entry) => entry.type === type);
  const fill = (type: TriggerType, map: Map<string, RegisteredFunction>): void => {
    map.clear();
    for (const entry of ofType(type)) map.set(entry.name, entry);
  };
  return {
    all: () => all,
    ofType,
    named(type) {
      const map = maps.get(type) ?? new Map<string, RegisteredFunction>();
      if (!maps.has(type)) fill(type, map);
      maps.set(type, map);
      return map;
    },
    replace(functions) {
      all = functions;
      for (const [type, map] of maps) fill(type, map);
    },
  };
}

/** True for a function that the setting `AzureWebJobs.{name}.Disabled` switches off. */
export function isDisabled({ name }: RegisteredFunction, env: NodeJS.ProcessEnv): boolean {
  const value = env[`AzureWebJobs.${name}.Disabled`] ?? env[`AzureWebJobs_${name}_Disabled`];
  return value !== undefined && ['1', 'true'].includes(value.toLowerCase());
}
