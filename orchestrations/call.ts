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

/** Calls an activity by its contract. Throws `ActivityRefused`, or what the platform throws for a passing fault. */
export function* call<K extends ActivityName>(
  context: OrchestrationContext,
  name: K,
  input: Activities[K]['input'],
): Steps<Activities[K]['output']> {
  return unwrap((yield context.df.callActivity(name, input)) as Answer<K>);
}

/** Calls an activity once per input, all at the same time; outputs come in the order of the inputs. */
export function* callEach<K extends ActivityName>(
  context: OrchestrationContext,
  name: K,
  inputs: Activities[K]['input'][],
): Steps<Activities[K]['output'][]> {
  // Task.all([]) throws in durable-functions 3.5.0.
  if (inputs.length === 0) return [];
  const tasks = inputs.map((input) => context.df.callActivity(name, input));
  const answers = (yield context.df.Task.all(tasks)) as Answer<K>[];
  return answers.map(unwrap<K>);
}

function unwrap<K extends ActivityName>(answer: Answer<K>): Activities[K]['output'] {
  if (answer.ok) return answer.value;
  throw new ActivityRefused(answer.error);
}
