import { BatchError, invalidProperty } from '../wire/errors.ts';
import { checkBody } from './rules.ts';

/** Tasks that one request may add. */
export const collectionLimit = 100;

/** The tasks of an addtaskcollection body, not yet checked themselves. */
export function checkCollection(body: unknown): unknown[] {
  const { value } = checkBody(body, { 'value!': (tasks) => tasks });
  if (!Array.isArray(value)) throw invalidProperty('value', value, 'It must be a list of tasks.');
  if (value.length > collectionLimit) {
    throw new BatchError('InvalidPropertyValue', {
      values: [
        { key: 'PropertyName', value: 'value' },
        {
          key: 'Reason',
          value: `At most ${collectionLimit} tasks can be added at once, not ${value.length}.`,
        },
      ],
    });
  }
  return value as unknown[];
}

/** The id that a task of a collection came with, whatever else is wrong with it. */
export function givenTaskId(task: unknown): string {
  const { id } = (task ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : '';
}
