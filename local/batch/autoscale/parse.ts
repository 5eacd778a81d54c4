import { FormulaError, type Place } from './formula-error.ts';
import { tokensOf, type Token } from './tokens.ts';

/** Operators that take two values. */
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | '&&'
  | '||';

/** Something that has a value. */
export type Expression = { place: Place } & (
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'name'; name: string }
  | { kind: 'vector'; members: Expression[] }
  | { kind: 'unary'; operator: '-' | '!'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'choice'; test: Expression; yes: Expression; no: Expression }
  | { kind: 'call'; name: string; arguments: Expression[] }
  | { kind: 'member'; of: Expression; name: string; arguments: Expression[] | undefined }
);

/** One statement: sets a variable, or only has a value. */
export interface Statement {
  place: Place;
  target: string | undefined;
  value: Expression;
}

/** Statements that a formula may have. */
export const statementLimit = 100;

/** Reads a formula; throws FormulaError with the place of what is wrong. */
export function parseFormula(formula: string): Statement[] {
  const reader = new Reader(tokensOf(formula));
  const statements: Statement[] = [];
  while (!reader.atEnd()) {
    if (reader.take(';')) continue;
    statements.push(statement(reader));
    if (!reader.atEnd()) reader.need(';');
  }
  const over = statements[statementLimit];
  if (over !== undefined) {
    throw new FormulaError(
      'syntax',
      over.place,
      `A formula has at most ${statementLimit} statements.`,
    );
  }
  return statements;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** How deep expressions lie in each other: the stack must hold. */
  depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('There is always an end token.');
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  is(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === symbol;
  }

  take(symbol: string): boolean {
    if (!this.is(symbol)) return false;
    this.#at++;
    return true;
  }

  need(symbol: string): void {
    if (!this.take(symbol)) throw unexpected(this.peek(), `${symbol} was expected`);
  }
}

function unexpected(token: Token, reason: string): FormulaError {
  const found = token.kind === 'end' ? 'the formula ends' : `there is ${token.text}`;
  return new FormulaError('syntax', token.place, `${reason}, but ${found}.`);
}

function statement(reader: Reader): Statement {
  const first = reader.peek();
  if (first.kind !== 'name' || !reader.is('=', 1)) {
    return { place: first.place, target: undefined, value: expression(reader) };
  }
  reader.next();
  reader.next();
  return { place: first.place, target: first.text, value: expression(reader) };
}

function expression(reader: Reader): Expression {
  goDeeper(reader);
  const test = binary(reader, 0);
  if (reader.take('?')) {
    const yes = expression(reader);
    reader.need(':');
    const no = expression(reader);
    reader.depth--;
    return { kind: 'choice', place: test.place, test, yes, no };
  }
  reader.depth--;
  return test;
}

function goDeeper(reader: Reader): void {
  if (++reader.depth <= 200) return;
  throw unexpected(reader.peek(), 'Expressions may not lie so deep in each other');
}

// From what binds least to what binds most.
const levels: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/'],
];

function binary(reader: Reader, level: number): Expression {
  const operators = levels[level];
  if (operators === undefined) return unary(reader);
  let left = binary(reader, level + 1);
  for (;;) {
    const { place } = reader.peek();
    const operator = operators.find((one) => reader.take(one));
    if (operator === undefined) return left;
    left = { kind: 'binary', place, operator, left, right: binary(reader, level + 1) };
  }
}

function unary(reader: Reader): Expression {
  const { place } = reader.peek();
  const operator = (['-', '!'] as const).find((one) => reader.take(one));
  if (operator === undefined) return postfix(reader);
  goDeeper(reader);
  const operand = unary(reader);
  reader.depth--;
  return { kind: 'unary', place, operator, operand };
}

function postfix(reader: Reader): Expression {
  let value = primary(reader);
  while (reader.take('.')) {
    const { kind, text, place } = reader.next();
    if (kind !== 'name') {
      throw unexpected({ kind, text, place }, 'The name of a member was expected');
    }
    value = {
      kind: 'member',
      place,
      of: value,
      name: text,
      arguments: reader.take('(') ? list(reader, ')') : undefined,
    };
  }
  return value;
}

function primary(reader: Reader): Expression {
  const token = reader.next();
  const { place } = token;
  if (token.kind === 'number') return { kind: 'number', place, value: Number(token.text) };
  if (token.kind === 'string') return { kind: 'string', place, value: token.text.slice(1, -1) };
  if (token.kind === 'name') {
    if (!reader.take('(')) return { kind: 'name', place, name: token.text };
    return { kind: 'call', place, name: token.text, arguments: list(reader, ')') };
  }
  if (token.kind === 'symbol' && token.text === '(') {
    const value = expression(reader);
    reader.need(')');
    return value;
  }
  if (token.kind === 'symbol' && token.text === '{') {
    return { kind: 'vector', place, members: list(reader, '}') };
  }
  throw unexpected(token, 'A value was expected');
}

function list(reader: Reader, end: ')' | '}'): Expression[] {
  const members: Expression[] = [];
  if (reader.take(end)) return members;
  do members.push(expression(reader));
  while (reader.take(','));
  reader.need(end);
  return members;
}
