import { givenTaskId } from '../validate/collection.ts';
import type { Faults } from './faults.ts';
import type { AddResults } from './knobs.ts';

/** What happens to the next task of an addtaskcollection request. */
export function drawAddResult(
  faults: Faults,
  results: AddResults | undefined,
): keyof AddResults | undefined {
  if (results === undefined) return undefined;
  const drawn = faults.draw('addResults');
  let below = 0;
  for (const name of ['clientError', 'serverError', 'taskExists'] as const) {
    below += results[name];
    if (drawn < below) return name;
  }
  return undefined;
}

/** The result of a task that was not added. */
export function failedResult(kind: 'clientError' | 'serverError', task: unknown): object {
  const server = kind === 'serverError';
  return {
    status: server ? 'ServerError' : 'ClientError',
    taskId: givenTaskId(task),
    error: {
      code: server ? 'InternalError' : 'InvalidPropertyValue',
      message: {
        lang: 'en-US',
        value: server
          ? 'The server encountered an internal error. Please retry the request.'
          : 'The value provided for one of the properties in the request body is invalid.',
      },
    },
  };
}
