import { invalidQuery } from '../wire/errors.ts';

/** Comparison operators of $filter. */
export type Operator = 'eq' | 'ne' | 'ge' | 'gt' | 'le' | 'lt';

/** A literal as it was written; what it means depends on the property it is compared with. */
export type Literal =
  | { kind: 'text'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'time'; value: string };

/** A $filter expression as a tree. */
export type Expression =
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'compare'; property: string; operator: Operator; literal: Literal }
  | { kind: 'startswith'; property: string; literal: Literal };

/** Parses the part of OData's $filter that Batch documents; throws InvalidQueryParameterValue with the place of the fault. */
export function parseFilter(text: string): Expression {
  const cursor: Cursor = { text, tokens: tokenize(text), index: 0, depth: 0 };
  const expression = parseOr(cursor);
  if (cursor.index < cursor.tokens.length) throw fault(cursor, 'the end');
  return expression;
}

interface Token {
  text: string;
  at: number;
}

interface Cursor {
  text: string;
  tokens: Token[];
  index: number;
  /** How many parentheses are open. */
  depth: number;
}

/** How many parentheses may be open at once. */
const deepest = 100;

const tokenPattern = /\s*(?:((?:datetime)?'(?:[^']|'')*')|([A-Za-z0-9_$/.:+-]+)|([(),]))/iy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (text.slice(tokenPattern.lastIndex).trim() !== '') {
    const start = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (match === null) throw invalidQuery('$filter', text, `Cannot read it at position ${start}.`);
    tokens.push({ text: match[0].trim(), at: start });
  }
  return tokens;
}

function parseOr(cursor: Cursor): Expression {
  let left = parseAnd(cursor);
  while (take(cursor, 'or')) left = { kind: 'or', left, right: parseAnd(cursor) };
  return left;
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseTerm(cursor);
  while (take(cursor, 'and')) left = { kind: 'and', left, right: parseTerm(cursor) };
  return left;
}

function parseTerm(cursor: Cursor): Expression {
  if (take(cursor, '(')) {
    if (++cursor.depth > deepest) {
      throw invalidQuery('$filter', cursor.text, `It may have at most ${deepest} levels.`);
    }
    const inner = parseOr(cursor);
    expect(cursor, ')');
    cursor.depth--;
    return inner;
  }
  if (take(cursor, 'startswith')) return parseStartsWith(cursor);
  const property = next(cursor, 'a property');
  const operator = next(cursor, 'an operator').toLowerCase();
  if (!isOperator(operator)) {
    throw fault({ ...cursor, index: cursor.index - 1 }, 'eq, ne, ge, gt, le or lt');
  }
  return { kind: 'compare', property, operator, literal: parseLiteral(cursor) };
}

function parseStartsWith(cursor: Cursor): Expression {
  expect(cursor, '(');
  const property = next(cursor, 'a property');
  expect(cursor, ',');
  const literal = parseLiteral(cursor);
  expect(cursor, ')');
  return { kind: 'startswith', property, literal };
}

function parseLiteral(cursor: Cursor): Literal {
  const text = next(cursor, 'a value');
  const quoted = /^(datetime)?'([\s\S]*)'$/i.exec(text);
  if (quoted !== null) {
    const value = (quoted[2] ?? '').replaceAll("''", "'");
    return { kind: quoted[1] === undefined ? 'text' : 'time', value };
  }
  if (/^(true|false)$/i.test(text)) {
    return { kind: 'boolean', value: text.toLowerCase() === 'true' };
  }
  if (/^-?\d+(\.\d+)?$/.test(text)) return { kind: 'number', value: Number(text) };
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return { kind: 'time', value: text };
  throw fault(
    { ...cursor, index: cursor.index - 1 },
    'a quoted text, a number, true, false or DateTime',
  );
}

function isOperator(text: string): text is Operator {
  return ['eq', 'ne', 'ge', 'gt', 'le', 'lt'].includes(text);
}

function take(cursor: Cursor, text: string): boolean {
  if (cursor.tokens[cursor.index]?.text.toLowerCase() !== text) return false;
  cursor.index++;
  return true;
}

function expect(cursor: Cursor, text: string): void {
  if (!take(cursor, text)) throw fault(cursor, text);
}

function next(cursor: Cursor, what: string): string {
  const token = cursor.tokens[cursor.index];
  if (token === undefined || /^[(),]$/.test(token.text)) throw fault(cursor, what);
  cursor.index++;
  return token.text;
}

function fault(cursor: Cursor, expected: string): Error {
  const token = cursor.tokens[cursor.index];
  const found = token === undefined ? 'its end' : `${token.text} at position ${token.at}`;
  return invalidQuery('$filter', cursor.text, `Expected ${expected}, found ${found}.`);
}
