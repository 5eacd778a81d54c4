/** True for values that a parameter takes. */
export type Constraint = (value: string) => boolean;

/** The constraints of ASP.NET routes by name, made from what stands in their brackets. */
const makers: Record<string, (args: string[], text: string) => Constraint> = {
  int: () => isWhole(-(2n ** 31n), 2n ** 31n - 1n),
  long: () => isWhole(-(2n ** 63n), 2n ** 63n - 1n),
  bool: () => matches(/^(true|false)$/i),
  guid: () => matches(/^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i),
  decimal: () => matches(/^-?\d+(\.\d+)?$/),
  double: () => matches(/^-?\d+(\.\d+)?$/),
  float: () => matches(/^-?\d+(\.\d+)?$/),
  datetime: () => (value) => /\d/.test(value) && !Number.isNaN(Date.parse(value)),
  alpha: () => matches(/^[a-z]*$/i),
  required: () => (value) => value !== '',
  length: ([low = '0', high = low]) => isLong(Number(low), Number(high)),
  minlength: ([low]) => isLong(Number(low), Infinity),
  maxlength: ([high]) => isLong(0, Number(high)),
  min: ([low]) => isBetween(Number(low), Infinity),
  max: ([high]) => isBetween(-Infinity, Number(high)),
  range: ([low, high]) => isBetween(Number(low), Number(high)),
  regex: (_args, text) => matches(new RegExp(text, 'i')),
};

export const constraintNames = Object.keys(makers);

/** Makes a constraint such as `int` or `length(1,5)`; undefined for a name that ASP.NET has not. */
export function makeConstraint(name: string, text: string): Constraint | undefined {
  const args = text.split(',').map((arg) => arg.trim());
  return makers[name]?.(args, text);
}

function matches(pattern: RegExp): Constraint {
  return (value) => pattern.test(value);
}

function isWhole(low: bigint, high: bigint): Constraint {
  return (value) => /^-?\d{1,19}$/.test(value) && BigInt(value) >= low && BigInt(value) <= high;
}

function isBetween(low: number, high: number): Constraint {
  return (value) => /^-?\d+$/.test(value) && Number(value) >= low && Number(value) <= high;
}

function isLong(low: number, high: number): Constraint {
  return (value) => value.length >= low && value.length <= high;
}
