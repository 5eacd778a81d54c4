import type { OrchestrationContext, Task } from 'durable-functions';
import type { Activities, ActivityName, Answer } from '../lib/activities/contract.ts';
import type { RunError } from '../lib/plan/run.ts';

/** An orchestration or a part of one, in terms of what it returns. */
export type Steps<T> = Generator<Task, T, unknown>;

/** A fault that trying again would not mend, as an activity answered it. */
export class ActivityRefused extends Error {
  readonly error: RunError;

  constructor(error: RunError) {
    super(error.message);
    this.name = 'ActivityRefused';
    this.error = error;
  }
}

/** A passing fault, as an activity answered it, and how long the service wants to be left alone. */
export class ActivityPostponed extends Error {
  readonly seconds: number;

  constructor({ code, message }: RunError, seconds: number) {
    super(`${code}: ${message}`);
    this.name = 'ActivityPostponed';
    this.seconds = seconds;
  }
}

/** Calls an activity by its contract. Throws `ActivityRefused`, `ActivityPostponed`, or what the platform throws. */
export function* call<K extends ActivityName>(
  context: OrchestrationContext,
  name: K,
  input: Activities[K]['input'],
): Steps<Activities[K]['output']> {
  return unwrap((yield context.df.callActivity(name, input)) as Answer<K>);
}

/**
 * Activities of one kind that a run has under way at once. Each holds a slab of ten thousand tasks in memory, and they
 * share the calls that may be in flight: more of them would only make each take longer.
 */
const AT_ONCE = 4;

/** Calls an activity once per input, some at a time; outputs come in the order of the inputs. */
export function* callEach<K extends ActivityName>(
  context: OrchestrationContext,
  name: K,
  inputs: Activities[K]['input'][],
): Steps<Activities[K]['output'][]> {
  const outputs: Activities[K]['output'][] = [];
  // Without inputs there is no turn: Task.all([]) throws in durable-functions 3.5.0.
  for (let from = 0; from < inputs.length; from += AT_ONCE) {
    const some = inputs.slice(from, from + AT_ONCE);
    const tasks = some.map((input) => context.df.callActivity(name, input));
    const answers = (yield context.df.Task.all(tasks)) as Answer<K>[];
    outputs.push(...answers.map(unwrap<K>));
  }
  return outputs;
}

function unwrap<K extends ActivityName>(answer: Answer<K>): Activities[K]['output'] {
  if (answer.ok) return answer.value;
  if ('retryAfterSeconds' in answer) {
    throw new ActivityPostponed(answer.error, answer.retryAfterSeconds);
  }
  throw new ActivityRefused(answer.error);
}
