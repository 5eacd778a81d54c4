import { invalidProperty } from '../wire/errors.ts';

/** What stands for the placeholders of a template. */
export interface PlaceholderValues {
  named: Readonly<Record<string, string | number>>;
  environment: Readonly<Record<string, string>>;
  /** Groups of the expression of `forEach`. */
  groups: readonly (string | undefined)[];
}

/** Placeholders besides `{env.NAME}` and, with `forEach`, `{1}` to `{9}`; times are seconds since 1970. */
export const placeholderNames = [
  'jobId',
  'taskId',
  'poolId',
  'nodeId',
  'try',
  'exitCode',
  'start',
  'end',
] as const;

const placeholder = /\{(?:env\.([A-Za-z_]\w*)|([1-9])|([A-Za-z]\w*))\}/g;

/** Throws a BatchError for a placeholder that there is none of. */
export function checkPlaceholders(text: string, property: string): void {
  for (const [whole, , , name] of text.matchAll(placeholder)) {
    if (name === undefined || (placeholderNames as readonly string[]).includes(name)) continue;
    const known = placeholderNames.map((one) => `{${one}}`).join(' ');
    throw invalidProperty(
      property,
      text,
      `There is no ${whole}; there are ${known} {env.NAME} {1}.`,
    );
  }
}

/** The text with its placeholders filled in; variables and groups that are not there are empty. */
export function fillIn(text: string, values: PlaceholderValues): string {
  return text.replace(
    placeholder,
    (_, variable: string | undefined, group: string | undefined, name: string | undefined) => {
      if (variable !== undefined) return values.environment[variable] ?? '';
      if (group !== undefined) return values.groups[Number(group)] ?? '';
      return String(values.named[name ?? ''] ?? '');
    },
  );
}
