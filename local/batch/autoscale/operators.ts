import { FormulaError, type Place } from './formula-error.ts';
import type { BinaryOperator } from './parse.ts';
import { double, interval, scalar, timestamp, vector, type Value } from './values.ts';

/** The value of `left operator right`; both have been evaluated, so && and || are not here. */
export function applyBinary(
  operator: Exclude<BinaryOperator, '&&' | '||'>,
  left: Value,
  right: Value,
  place: Place,
): Value {
  const result = isComparison(operator)
    ? compare(operator, scalar(left), scalar(right))
    : arithmetic(operator, left, right);
  if (result !== undefined) return result;
  throw new FormulaError(
    'evaluation',
    place,
    `The operator ${operator} does not take a ${left.type} and a ${right.type}.`,
  );
}

/** The value of `-operand` or `!operand`. */
export function applyUnary(operator: '-' | '!', given: Value, place: Place): Value {
  const operand = scalar(given);
  if (operator === '!' && operand.type === 'double') return double(operand.value === 0);
  if (operator === '-' && operand.type === 'double') return double(-operand.value);
  if (operator === '-' && operand.type === 'timeinterval') return interval(-operand.value);
  throw new FormulaError(
    'evaluation',
    place,
    `The operator ${operator} does not take a ${operand.type}.`,
  );
}

type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';
type Arithmetic = '+' | '-' | '*' | '/';

function isComparison(operator: Comparison | Arithmetic): operator is Comparison {
  return '<>=!'.includes(operator.charAt(0));
}

const comparisons: Record<Comparison, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
};

function compare(operator: Comparison, left: Value, right: Value): Value | undefined {
  if (left.type === 'doubleVec' || left.type !== right.type) return undefined;
  const a = left.value;
  const b = right.value;
  // NaN is neither above nor below anything, and no equal of itself.
  if (Number.isNaN(a) || Number.isNaN(b)) return double(operator === '!=');
  return double(comparisons[operator](a < b ? -1 : Number(a > b)));
}

const arithmetics: Record<Arithmetic, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

function arithmetic(operator: Arithmetic, left: Value, right: Value): Value | undefined {
  const apply = arithmetics[operator];
  if (left.type === 'doubleVec' || right.type === 'doubleVec') return vectors(apply, left, right);
  if (typeof left.value !== 'number' || typeof right.value !== 'number') return undefined;
  const value = apply(left.value, right.value);
  switch (`${left.type} ${operator} ${right.type}`) {
    case 'double + double':
    case 'double - double':
    case 'double * double':
    case 'double / double':
    case 'timeinterval / timeinterval':
      return double(value);
    case 'double * timeinterval':
    case 'timeinterval * double':
    case 'timeinterval / double':
    case 'timeinterval + timeinterval':
    case 'timeinterval - timeinterval':
    case 'timestamp - timestamp':
      return interval(value);
    case 'timestamp + timeinterval':
    case 'timeinterval + timestamp':
    case 'timestamp - timeinterval':
      return timestamp(value);
    default:
      return undefined;
  }
}

function vectors(
  apply: (a: number, b: number) => number,
  left: Value,
  right: Value,
): Value | undefined {
  if (left.type === 'doubleVec' && right.type === 'doubleVec') {
    if (left.value.length !== right.value.length) return undefined;
    return vector(left.value.map((value, index) => apply(value, right.value[index] ?? 0)));
  }
  if (left.type === 'doubleVec' && right.type === 'double') {
    return vector(left.value.map((value) => apply(value, right.value)));
  }
  if (left.type === 'double' && right.type === 'doubleVec') {
    return vector(right.value.map((value) => apply(left.value, value)));
  }
  return undefined;
}
