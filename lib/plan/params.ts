import type { ParamSpec, ParamSpecs, ParamValues } from './fields/params.ts';

type Given = Readonly<Record<string, unknown>>;

/** The values of a run's parameters from what was given and the defaults, or what is wrong, a sentence each. */
export function resolveParams(
  specs: ParamSpecs,
  given: Given,
): { values: ParamValues; faults: string[] } {
  const values: ParamValues = {};
  const faults = Object.keys(given)
    .filter((name) => !(name in specs))
    .map((name) => unknownParam(name, specs));
  for (const [name, spec] of Object.entries(specs)) {
    const value = name in given ? given[name] : spec.default;
    if (value === undefined) {
      faults.push(`'${name}' is missing: it must be ${describeParam(spec)}.`);
    } else if (fits(spec, value)) values[name] = value;
    else faults.push(`'${name}' must be ${describeParam(spec)}; it is ${show(value)}.`);
  }
  return { values, faults };
}

function unknownParam(name: string, specs: ParamSpecs): string {
  const known = Object.keys(specs);
  const has = known.length > 0 ? `has ${known.join(', ')}` : 'has no parameters';
  return `There is no parameter '${name}'; the pipeline ${has}.`;
}

/** Whether a value is one that the parameter may have. */
export function fits(spec: ParamSpec, value: unknown): value is string | number | boolean {
  return (
    isOfType(spec, value) &&
    inLimits(spec, value) &&
    (!spec.enum || spec.enum.includes(value)) &&
    (!spec.pattern || new RegExp(`^(?:${spec.pattern})$`, 'u').test(String(value)))
  );
}

function isOfType({ type }: ParamSpec, value: unknown): value is string | number | boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number') return Number.isFinite(value);
  return typeof value === type && !String(value).includes('\0');
}

/** Limits are of a number, or of the length of a text in characters. */
function inLimits({ min, max }: ParamSpec, value: string | number | boolean): boolean {
  const measure = typeof value === 'string' ? [...value].length : Number(value);
  return measure >= (min ?? -Infinity) && measure <= (max ?? Infinity);
}

/** What a parameter may be, in words, such as `an integer from 1 to 9`. */
export function describeParam({ type, min, max, enum: among, pattern }: ParamSpec): string {
  const kinds = {
    integer: 'an integer',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
  };
  const unit = type === 'string' ? ' characters' : '';
  const limits = [
    min === undefined ? '' : ` of at least ${min}${unit}`,
    max === undefined ? '' : `${min === undefined ? ' of' : ' and'} at most ${max}${unit}`,
    among ? `, one of ${among.map((one) => show(one)).join(', ')}` : '',
    pattern ? `, all of it matching ${pattern}` : '',
  ];
  return kinds[type] + limits.join('');
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
