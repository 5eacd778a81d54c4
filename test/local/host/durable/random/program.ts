import * as df from 'durable-functions';
import fc from 'fast-check';

type Context = df.OrchestrationContext;

/** Something that a task can be made of. */
export type TaskNode =
  | { kind: 'activity'; id: number }
  | { kind: 'retry'; id: number; failures: number }
  | { kind: 'timer'; ms: number }
  | { kind: 'event'; id: number }
  | { kind: 'get' }
  | { kind: 'child'; program: Program }
  | { kind: 'all' | 'any'; parts: TaskNode[] };

/** A step of a program: a task that is waited for, or something that is only said. */
export type Step = TaskNode | { kind: 'add'; n: number } | { kind: 'status'; value: number };

/** Steps, one after the other; after `restartAt` of them the orchestration continues as new. */
export interface Program {
  steps: Step[];
  restartAt?: number | undefined;
}

/** Programs whose activities and events all have ids of their own. */
export function programs(): fc.Arbitrary<Program> {
  return fc
    .letrec<{ task: TaskNode; program: Program }>((tie) => {
      const id = fc.integer({ min: 0, max: 2 ** 30 });
      const step = fc.oneof(
        { weight: 4, arbitrary: tie('task') },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constant('add' as const),
            n: fc.integer({ min: 1, max: 9 }),
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({ kind: fc.constant('status' as const), value: fc.nat(9) }),
        },
      );
      const parts = fc.array(tie('task'), { minLength: 1, maxLength: 4 });
      return {
        task: fc.oneof(
          { maxDepth: 3, withCrossShrink: true },
          fc.record({ kind: fc.constant('activity' as const), id }),
          fc.record({
            kind: fc.constant('retry' as const),
            id,
            failures: fc.integer({ min: 0, max: 3 }),
          }),
          fc.record({ kind: fc.constant('timer' as const), ms: fc.integer({ min: -5, max: 10 }) }),
          fc.record({ kind: fc.constant('event' as const), id }),
          fc.record({ kind: fc.constant('get' as const) }),
          {
            weight: 3,
            arbitrary: fc.record({ kind: fc.constantFrom('all' as const, 'any' as const), parts }),
          },
          fc.record({ kind: fc.constant('child' as const), program: tie('program') }),
        ),
        program: fc.record({
          steps: fc.array(step, { minLength: 1, maxLength: 6 }),
          restartAt: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 3 }),
        }),
      };
    })
    .program.map(numbered);
}

/** Gives every activity and event another id; the arbitrary ones would meet now and then. */
function numbered(program: Program): Program {
  let next = 0;
  return JSON.parse(JSON.stringify(program), (key, value) => (key === 'id' ? next++ : value));
}

/** Every node of a program, those of its children too. */
export function nodesOf({ steps }: Program): Step[] {
  return steps.flatMap(withParts);
}

function withParts(step: Step): Step[] {
  if (step.kind === 'child') return [step, ...nodesOf(step.program)];
  return 'parts' in step ? [step, ...step.parts.flatMap(withParts)] : [step];
}

interface RunInput {
  program: Program;
  results: unknown[];
  sum: number;
}

/** Runs a program as an orchestration; its output are the results of its tasks. */
export function* runProgram(context: Context) {
  const { program, results, sum } = context.df.getInput<RunInput>();
  const entity = new df.EntityId('sums', context.df.instanceId);
  for (const [index, step] of program.steps.entries()) {
    if (index === program.restartAt) {
      const rest = { steps: program.steps.slice(index) };
      return context.df.continueAsNew({ program: rest, results, sum });
    }
    if (step.kind === 'add') context.df.signalEntity(entity, 'add', step.n);
    else if (step.kind === 'status') context.df.setCustomStatus({ value: step.value });
    else {
      const value: unknown = yield toTask(context, step);
      results.push(told(step, value));
    }
  }
  return results;
}

function toTask(context: Context, node: TaskNode): df.Task {
  const { df: durable } = context;
  switch (node.kind) {
    case 'activity':
      return durable.callActivity('run', node.id);
    case 'retry': {
      const options = new df.RetryOptions(1, node.failures + 1);
      return durable.callActivityWithRetry('failing', options, node);
    }
    case 'timer':
      return durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + node.ms));
    case 'event':
      return durable.waitForExternalEvent(`e${node.id}`);
    case 'get':
      return durable.callEntity(new df.EntityId('sums', durable.instanceId), 'get');
    case 'child':
      return durable.callSubOrchestrator('program', { program: node.program, results: [], sum: 0 });
    case 'all':
      return durable.Task.all(node.parts.map((part) => toTask(context, part)));
    case 'any':
      return durable.Task.any(node.parts.map((part) => toTask(context, part)));
  }
}

/** What is kept of a task's result: who wins a race depends on time. */
function told(node: TaskNode, value: unknown): unknown {
  switch (node.kind) {
    case 'any':
      return (value as df.Task).isCompleted ? 'any' : value;
    case 'timer':
      return value ?? null;
    case 'all':
      return node.parts.map((part, index) => told(part, (value as unknown[])[index]));
    default:
      return value ?? null;
  }
}

/** What `runProgram` must give. */
export function expected(program: Program): unknown[] {
  let sum = 0;
  const value = (node: TaskNode): unknown => {
    switch (node.kind) {
      case 'activity':
      case 'retry':
        return node.id;
      case 'event':
        return { event: node.id };
      case 'get':
        return sum;
      case 'child':
        return expected(node.program);
      case 'any':
        return 'any';
      case 'all':
        return node.parts.map(value);
      case 'timer':
        return null;
    }
  };
  return program.steps.flatMap((step) => {
    if (step.kind === 'add') sum += step.n;
    return step.kind === 'add' || step.kind === 'status' ? [] : [value(step)];
  });
}
