import type { RegisteredFunction } from '../app/registry.ts';

type Kind = 'orchestrator' | 'activity' | 'entity';

/** The app's functions of one kind; names are compared without case, as Azure does. */
export interface KnownFunctions {
  get(name: string): RegisteredFunction | undefined;
  /** What Azure says of a name that is none of them. */
  unknown(name: string): string;
}

/** Gathers the app's functions of one kind. */
export function knownFunctions(kind: Kind, functions: RegisteredFunction[]): KnownFunctions {
  const byName = new Map(functions.map((entry) => [entry.name.toLowerCase(), entry]));
  const names = functions.map(({ name }) => `'${name}'`).toSorted();
  const known =
    names.length > 0
      ? `The following are the known ${kind} functions: ${names.join(', ')}.`
      : `No ${kind} functions are currently registered!`;
  return {
    get: (name) => byName.get(name.toLowerCase()),
    unknown: (name) =>
      `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Additional info: ${known}`,
  };
}
