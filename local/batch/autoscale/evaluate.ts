import { FormulaError, type Place } from './formula-error.ts';
import { callFunction } from './functions.ts';
import { applyBinary, applyUnary } from './operators.ts';
import type { Expression, Statement } from './parse.ts';
import { callSeries, lastSample, type Sample, type Series } from './series.ts';
import { double, interval, scalar, textOf, vector, type Value } from './values.ts';

/** What happens to tasks on nodes that a formula lets go. */
export type DeallocationOption = 'requeue' | 'terminate' | 'taskcompletion' | 'retaineddata';

/** What a formula sets. */
export interface Targets {
  targetDedicatedNodes: number;
  targetLowPriorityNodes: number;
  deallocation: DeallocationOption;
}

/** What a formula is evaluated with. */
export interface FormulaContext {
  /** Milliseconds since 1970. */
  now: number;
  /** From 0 to below 1. */
  random: () => number;
  /** The pool's targets, which stay where the formula sets none. */
  targets: Omit<Targets, 'deallocation'>;
  /** The history of each variable of the service, oldest first; one that is missing has no samples. */
  samples: Readonly<Record<string, readonly Sample[]>>;
}

/** Variables of the service that formulas read. */
export const readableVariables = [
  '$CPUPercent',
  '$WallClockSeconds',
  '$MemoryBytes',
  '$DiskBytes',
  '$DiskReadBytes',
  '$DiskWriteBytes',
  '$DiskReadOps',
  '$DiskWriteOps',
  '$NetworkInBytes',
  '$NetworkOutBytes',
  '$SampleNodeCount',
  '$ActiveTasks',
  '$RunningTasks',
  '$PendingTasks',
  '$SucceededTasks',
  '$FailedTasks',
  '$CurrentDedicatedNodes',
  '$CurrentLowPriorityNodes',
  '$PreemptedNodeCount',
] as const;

/** Evaluates a formula; throws FormulaError. The same context always gives the same result. */
export function evaluateFormula(
  statements: readonly Statement[],
  context: FormulaContext,
): { targets: Targets; results: string } {
  const evaluation = new Evaluation(context);
  evaluation.run(statements);
  const targets = evaluation.targets();
  return { targets, results: resultsOf(targets, evaluation.own) };
}

/** The results of an evaluation that changed nothing. */
export function unchangedResults(targets: Targets): string {
  return resultsOf(targets, new Map());
}

function resultsOf(targets: Targets, own: ReadonlyMap<string, Value>): string {
  const reserved = [
    `$TargetDedicatedNodes=${targets.targetDedicatedNodes}`,
    `$TargetLowPriorityNodes=${targets.targetLowPriorityNodes}`,
    `$NodeDeallocationOption=${targets.deallocation}`,
  ];
  const others = [...own].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...reserved, ...others.map(([name, value]) => `${name}=${textOf(value)}`)].join(';');
}

const aliases: Record<string, string> = { $TargetDedicated: '$TargetDedicatedNodes' };
const deallocations = ['requeue', 'terminate', 'taskcompletion', 'retaineddata'] as const;

const microsecond = 0.001;
const constants: Record<string, number> = {
  TimeInterval_Zero: 0,
  TimeInterval_100ns: microsecond / 10,
  TimeInterval_Microsecond: microsecond,
  TimeInterval_Millisecond: 1,
  TimeInterval_Second: 1000,
  TimeInterval_Minute: 60_000,
  TimeInterval_Hour: 3_600_000,
  TimeInterval_Day: 86_400_000,
  TimeInterval_Week: 604_800_000,
  TimeInterval_Year: 31_536_000_000,
};

/** Ends an evaluation where `stop()` stands; what was set stays. */
class Stop extends Error {}

class Evaluation {
  readonly #context: FormulaContext;
  readonly #reserved: Map<string, Value>;
  /** Variables of the formula itself. */
  readonly own = new Map<string, Value>();

  constructor(context: FormulaContext) {
    this.#context = context;
    this.#reserved = new Map<string, Value>([
      ['$TargetDedicatedNodes', double(context.targets.targetDedicatedNodes)],
      ['$TargetLowPriorityNodes', double(context.targets.targetLowPriorityNodes)],
      ['$NodeDeallocationOption', { type: 'string', value: 'requeue' }],
    ]);
  }

  run(statements: readonly Statement[]): void {
    try {
      for (const { target, value, place } of statements) {
        const result = this.#value(value);
        if (target !== undefined) this.#assign(target, result, place);
      }
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }

  targets(): Targets {
    const option = this.#reserved.get('$NodeDeallocationOption')?.value;
    return {
      targetDedicatedNodes: this.#count('$TargetDedicatedNodes'),
      targetLowPriorityNodes: this.#count('$TargetLowPriorityNodes'),
      deallocation: deallocations.find((one) => one === option) ?? 'requeue',
    };
  }

  #count(name: string): number {
    return Math.max(0, Math.trunc(Number(this.#reserved.get(name)?.value)));
  }

  #assign(given: string, value: Value, place: Place): void {
    const name = aliases[given] ?? given;
    if (this.#reserved.has(name)) {
      this.#reserved.set(name, this.#targetValue(name, value, place));
      return;
    }
    if ((readableVariables as readonly string[]).includes(name) || Object.hasOwn(constants, name)) {
      throw new FormulaError('evaluation', place, `${name} cannot be set.`);
    }
    this.own.set(name, value);
  }

  #targetValue(name: string, given: Value, place: Place): Value {
    const value = scalar(given);
    const valid =
      name === '$NodeDeallocationOption'
        ? value.type === 'string' && deallocations.some((one) => one === value.value)
        : value.type === 'double' && Math.abs(value.value) <= 1e9;
    if (valid) return value;
    throw new FormulaError('evaluation', place, `${name} cannot be set to ${textOf(value)}.`);
  }

  #value(expression: Expression): Value {
    switch (expression.kind) {
      case 'number':
        return double(expression.value);
      case 'string':
        return { type: 'string', value: expression.value };
      case 'name':
        return this.#name(expression.name, expression.place);
      case 'vector':
        return vector(expression.members.map((member) => this.#number(member)));
      case 'unary':
        return applyUnary(expression.operator, this.#value(expression.operand), expression.place);
      case 'binary':
        return this.#binary(expression);
      case 'choice':
        return this.#value(this.#number(expression.test) === 0 ? expression.no : expression.yes);
      case 'call':
        return this.#call(expression);
      case 'member':
        return this.#member(expression);
    }
  }

  #number(expression: Expression): number {
    const value = scalar(this.#value(expression));
    if (value.type === 'double') return value.value;
    throw new FormulaError(
      'evaluation',
      expression.place,
      `A double is needed, not a ${value.type}.`,
    );
  }

  #name(given: string, place: Place): Value {
    const name = aliases[given] ?? given;
    const known = this.#reserved.get(name) ?? this.own.get(name);
    if (known !== undefined) return known;
    const series = this.#series(name);
    if (series !== undefined) return lastSample(series, place);
    const constant = Object.hasOwn(constants, name) ? constants[name] : undefined;
    if (constant !== undefined) return interval(constant);
    if (deallocations.some((one) => one === name)) return { type: 'string', value: name };
    throw new FormulaError('evaluation', place, `There is no variable ${name}.`);
  }

  #series(name: string): Series | undefined {
    if (!(readableVariables as readonly string[]).includes(name)) return undefined;
    return { name, samples: this.#context.samples[name] ?? [] };
  }

  #binary(expression: Expression & { kind: 'binary' }): Value {
    const { operator, left, right, place } = expression;
    if (operator === '&&' || operator === '||') {
      const decided = this.#number(left) !== 0;
      if (decided === (operator === '||')) return double(decided);
      return double(this.#number(right) !== 0);
    }
    return applyBinary(operator, this.#value(left), this.#value(right), place);
  }

  #call({ name, arguments: given, place }: Expression & { kind: 'call' }): Value {
    if (name === 'stop' && given.length === 0) throw new Stop();
    const values = given.map((argument) => this.#value(argument));
    const result = callFunction(name, values, this.#context);
    if (result !== undefined) return result;
    throw wrongCall(name, values, place);
  }

  #member(expression: Expression & { kind: 'member' }): Value {
    const { of, name, arguments: given, place } = expression;
    const series = of.kind === 'name' ? this.#series(of.name) : undefined;
    if (series !== undefined && given !== undefined) {
      const values = given.map((argument) => this.#value(argument));
      const { now } = this.#context;
      const result = callSeries(series, name, values, { now, place: of.place });
      if (result !== undefined) return result;
      throw wrongCall(`${series.name}.${name}`, values, place);
    }
    const value = this.#value(of);
    const part = value.type === 'timestamp' ? timeParts[name]?.(new Date(value.value)) : undefined;
    if (part !== undefined && given === undefined) return double(part);
    throw new FormulaError('evaluation', place, `A ${value.type} has no member ${name}.`);
  }
}

const timeParts: Record<string, (time: Date) => number> = {
  year: (time) => time.getUTCFullYear(),
  month: (time) => time.getUTCMonth() + 1,
  day: (time) => time.getUTCDate(),
  weekday: (time) => time.getUTCDay(),
  hour: (time) => time.getUTCHours(),
  minute: (time) => time.getUTCMinutes(),
  second: (time) => time.getUTCSeconds(),
};

function wrongCall(name: string, values: readonly Value[], place: Place): FormulaError {
  const types = values.map((value) => value.type).join(', ');
  return new FormulaError('evaluation', place, `There is no function ${name}(${types}).`);
}
