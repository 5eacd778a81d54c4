import { invalidQuery } from '../wire/errors.ts';
import { parseFilter, type Expression, type Literal, type Operator } from './parse.ts';

/** Which operators a property allows in $filter, and how its values compare. */
export interface FilterProperty {
  type: 'text' | 'number' | 'boolean' | 'time';
  operators: readonly (Operator | 'startswith')[];
}

/** The filterable properties of one list; anything else is refused. */
export type FilterTable = Readonly<Record<string, FilterProperty>>;

/** A filter whose properties, operators and literals were checked; times are stamps, texts are lower case. */
export type Filter =
  | { kind: 'and' | 'or'; left: Filter; right: Filter }
  | { kind: 'test'; property: string; operator: Operator | 'startswith'; value: FilterValue };

/** A value that a filter compares with. */
export type FilterValue = string | number | boolean;

/** Parses and checks a $filter; throws InvalidQueryParameterValue naming what is not allowed. */
export function readFilter(text: string | undefined, table: FilterTable): Filter | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return check(parseFilter(text), table, text);
}

/** Whether something passes a filter, given a way to read its properties. */
export function passes(
  filter: Filter,
  read: (property: string) => FilterValue | undefined,
): boolean {
  if (filter.kind !== 'test') {
    const left = passes(filter.left, read);
    return filter.kind === 'and'
      ? left && passes(filter.right, read)
      : left || passes(filter.right, read);
  }
  const actual = read(filter.property);
  if (actual === undefined) return filter.operator === 'ne';
  return compare(
    typeof actual === 'string' ? actual.toLowerCase() : actual,
    filter.operator,
    filter.value,
  );
}

function check(expression: Expression, table: FilterTable, text: string): Filter {
  if (expression.kind !== 'compare' && expression.kind !== 'startswith') {
    const { kind, left, right } = expression;
    return { kind, left: check(left, table, text), right: check(right, table, text) };
  }
  const { property, literal } = expression;
  const operator = expression.kind === 'compare' ? expression.operator : 'startswith';
  const allowed = Object.hasOwn(table, property) ? table[property] : undefined;
  if (allowed === undefined) {
    const names = Object.keys(table).join(', ');
    throw invalidQuery('$filter', text, `${property} cannot be filtered on here; ${names} can.`);
  }
  if (!allowed.operators.includes(operator)) {
    throw invalidQuery(
      '$filter',
      text,
      `${property} allows ${allowed.operators.join(', ')}, not ${operator}.`,
    );
  }
  const value = valueOf(literal, allowed.type);
  if (value === undefined) {
    throw invalidQuery('$filter', text, `${property} must be compared with a ${allowed.type}.`);
  }
  return { kind: 'test', property, operator, value };
}

function valueOf(literal: Literal, type: FilterProperty['type']): FilterValue | undefined {
  if (type === 'time') return timeOf(literal);
  if (literal.kind !== type) return undefined;
  return literal.kind === 'text' ? literal.value.toLowerCase() : literal.value;
}

function timeOf(literal: Literal): number | undefined {
  if (literal.kind !== 'time' && literal.kind !== 'text') return undefined;
  const milliseconds = Date.parse(literal.value);
  return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000;
}

function compare(
  actual: FilterValue,
  operator: Operator | 'startswith',
  value: FilterValue,
): boolean {
  switch (operator) {
    case 'eq':
      return actual === value;
    case 'ne':
      return actual !== value;
    case 'ge':
      return actual >= value;
    case 'gt':
      return actual > value;
    case 'le':
      return actual <= value;
    case 'lt':
      return actual < value;
    case 'startswith':
      return String(actual).startsWith(String(value));
  }
}
