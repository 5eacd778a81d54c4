import type { RegisteredFunction } from '../app/registry.ts';

type Kind = 'orchestrator' | 'activity' | 'entity';

/** The app's functions of one kind; names are compared without case, as Azure does. */
export interface KnownFunctions {
  get(name: string): RegisteredFunction | undefined;
  /** What Azure says of a name that is none of them. */
  unknown(name: string): string;
}

/** Finds the app's functions of one kind; `byName` may change meanwhile. */
export function knownFunctions(
  kind: Kind,
  byName: ReadonlyMap<string, RegisteredFunction>,
): KnownFunctions {
  return {
    get: (name) => byName.get(name) ?? withoutCase(byName, name),
    unknown: (name) =>
      `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. ` +
      `Additional info: ${known(kind, [...byName.keys()])}`,
  };
}

function withoutCase(
  byName: ReadonlyMap<string, RegisteredFunction>,
  name: string,
): RegisteredFunction | undefined {
  for (const entry of byName.values()) {
    if (entry.name.toLowerCase() === name.toLowerCase()) return entry;
  }
  return undefined;
}

function known(kind: Kind, names: string[]): string {
  if (names.length === 0) return `No ${kind} functions are currently registered!`;
  const list = names.map((name) => `'${name}'`).toSorted();
  return `The following are the known ${kind} functions: ${list.join(', ')}.`;
}
