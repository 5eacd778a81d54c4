import { quote } from './shell.ts';

/** Values as a command gets them: environment variables by name. */
export type Variables = Record<string, string>;

/** A name that is to become a variable, and whose name it is. */
export interface Named {
  name: string;
  /** Such as `parameter` or `column`. */
  of: string;
}

/** The variable of a parameter, field, axis or column: upper case, whatever is no ASCII letter or digit as `_`. */
export function variableName(name: string): string {
  return `PARAM_${name.replaceAll(/[^A-Za-z0-9]/gu, '_').toUpperCase()}`;
}

/** Two names that would become the same variable; null when there are none. */
export function clash(names: Iterable<Named>): [Named, Named] | null {
  const known = new Map<string, Named>();
  for (const named of names) {
    const variable = variableName(named.name);
    const other = known.get(variable);
    if (other) return [other, named];
    known.set(variable, named);
  }
  return null;
}

/** A clash in words. */
export function describeClash([a, b]: [Named, Named]): string {
  const show = ({ of, name }: Named): string => `the ${of} ${JSON.stringify(name)}`;
  return `${show(a)} and ${show(b)} would both be ${variableName(a.name)}`;
}

/** Values by the names of their variables. */
export function variables(values: Record<string, string | number | boolean>): Variables {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [variableName(name), String(value)]),
  );
}

/** Assignments that a shell can evaluate, each value one quoted word. */
export function assignments(values: Variables): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join('\n');
}
