import type { Filter, FilterValue } from './filter.ts';

/** How a filterable property is stored. */
export interface Column {
  name: string;
  /** SQL of an enumeration's values, `eq` and `ne`; a value that is not among them equals nothing. */
  values?: Readonly<Record<string, { eq: string; ne: string }>>;
}

/** A condition for WHERE with its positional parameters. */
export interface Condition {
  sql: string;
  values: (string | number)[];
}

/** Translates a checked filter to SQL over the given columns. */
export function filterToSql(filter: Filter, columns: Readonly<Record<string, Column>>): Condition {
  if (filter.kind !== 'test') {
    const left = filterToSql(filter.left, columns);
    const right = filterToSql(filter.right, columns);
    return {
      sql: `(${left.sql} ${filter.kind} ${right.sql})`,
      values: [...left.values, ...right.values],
    };
  }
  const column = columns[filter.property];
  if (column === undefined) {
    throw new Error(`The filterable property ${filter.property} has no column.`);
  }
  if (column.values !== undefined) return enumeration(column.values, filter.operator, filter.value);
  if (filter.operator === 'startswith') return prefix(column, String(filter.value));
  return {
    sql: `${column.name} ${symbols[filter.operator]} ?`,
    values: [typeof filter.value === 'boolean' ? Number(filter.value) : filter.value],
  };
}

const symbols = { eq: '=', ne: '<>', ge: '>=', gt: '>', le: '<=', lt: '<' } as const;

function enumeration(
  values: NonNullable<Column['values']>,
  operator: string,
  value: FilterValue,
): Condition {
  const name = String(value);
  const known = Object.hasOwn(values, name) ? values[name] : undefined;
  if (known === undefined) return { sql: operator === 'ne' ? '1' : '0', values: [] };
  // Literals, because SQLite uses a partial index only when its condition stands in the query.
  return { sql: operator === 'ne' ? known.ne : known.eq, values: [] };
}

function prefix(column: Column, value: string): Condition {
  // A range, so that the index on the column serves it.
  return {
    sql: `(${column.name} >= ? and ${column.name} < ?)`,
    values: [value, `${value}\u{10ffff}`],
  };
}
