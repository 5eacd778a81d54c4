/** A value of the autoscale language. Times are milliseconds since 1970, intervals milliseconds. */
export type Value =
  | { type: 'double'; value: number }
  | { type: 'doubleVec'; value: readonly number[] }
  | { type: 'string'; value: string }
  | { type: 'timestamp'; value: number }
  | { type: 'timeinterval'; value: number };

/** A double. */
export function double(value: number | boolean): Value {
  return { type: 'double', value: Number(value) };
}

/** A doubleVec. */
export function vector(value: readonly number[]): Value {
  return { type: 'doubleVec', value };
}

/** A timestamp. */
export function timestamp(value: number): Value {
  return { type: 'timestamp', value };
}

/** A timeinterval. */
export function interval(value: number): Value {
  return { type: 'timeinterval', value };
}

/** A vector of one number counts as that number wherever a double is wanted. */
export function scalar(value: Value): Value {
  const [only, ...others] = value.type === 'doubleVec' ? value.value : [];
  return only !== undefined && others.length === 0 ? double(only) : value;
}

/** The text of a value as it stands among an evaluation's results. */
export function textOf(value: Value): string {
  switch (value.type) {
    case 'double':
      return numberText(value.value);
    case 'doubleVec':
      return `[${value.value.map(numberText).join(',')}]`;
    case 'timestamp':
      return new Date(value.value).toISOString();
    case 'timeinterval':
      return intervalText(value.value);
    case 'string':
      return value.value;
  }
}

function numberText(value: number): string {
  // As .NET writes them.
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return String(value);
}

function intervalText(milliseconds: number): string {
  const total = Math.abs(milliseconds);
  const days = Math.floor(total / 86_400_000);
  const time = new Date(Math.floor(total % 86_400_000))
    .toISOString()
    .slice(11, 23)
    .replace(/\.000$/, '');
  return `${milliseconds < 0 ? '-' : ''}${days > 0 ? `${days}.` : ''}${time}`;
}
