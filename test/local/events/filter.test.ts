import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches, mayMatch } from '../../../local/events/filter.ts';
import {
  OPERATOR_TYPES,
  type OperatorType,
  type SubscriptionFilter,
} from '../../../local/events/subscription.ts';
import { created } from './support.ts';

const event = created('Logs/a.GZ', { api: 'PutBlockList', nested: { deep: 'x' }, size: 5 });
const CONTAINER = '/blobServices/default/containers/incoming/';

test.each<[string, SubscriptionFilter | undefined, boolean]>([
  ['no filter', undefined, true],
  ['an empty filter', {}, true],
  ['its type', { includedEventTypes: ['Microsoft.Storage.BlobCreated'] }, true],
  ['another type', { includedEventTypes: ['Microsoft.Storage.BlobDeleted'] }, false],
  ['a beginning', { subjectBeginsWith: CONTAINER }, true],
  ['a beginning in other case', { subjectBeginsWith: CONTAINER.toUpperCase() }, true],
  ['another beginning', { subjectBeginsWith: '/blobServices/default/containers/other/' }, false],
  ['an ending in other case', { subjectEndsWith: '.gz' }, true],
  [
    'an ending in other case that counts',
    { subjectEndsWith: '.gz', isSubjectCaseSensitive: true },
    false,
  ],
  ['an ending in its case', { subjectEndsWith: '.GZ', isSubjectCaseSensitive: true }, true],
  [
    'a beginning that fits and an ending that does not',
    { subjectBeginsWith: CONTAINER, subjectEndsWith: '.csv' },
    false,
  ],
])('%s', (_, filter, expected) => {
  expect(matches(filter, event)).toBe(expected);
});

test.each<[OperatorType, string, string[], boolean]>([
  ['StringIn', 'data.api', ['PutBlob', 'putblocklist'], true],
  ['StringIn', 'data.api', ['PutBlob'], false],
  ['StringNotIn', 'data.api', ['PutBlob', 'CopyBlob'], true],
  ['StringNotIn', 'data.api', ['PutBlockList'], false],
  ['StringBeginsWith', 'subject', [CONTAINER + 'blobs/logs'], true],
  ['StringNotBeginsWith', 'subject', [CONTAINER], false],
  ['StringNotBeginsWith', 'subject', ['/other'], true],
  ['StringEndsWith', 'subject', ['.csv', '.gz'], true],
  ['StringNotEndsWith', 'subject', ['.csv', '.gz'], false],
  ['StringContains', 'data.nested.deep', ['x'], true],
  ['StringNotContains', 'subject', ['incoming'], false],
  ['StringIn', 'data.absent', ['undefined'], false],
  ['StringNotIn', 'data.absent.deeper', ['undefined'], true],
  ['StringIn', 'data.size', ['5'], false],
])('%s of %s with %j is %s', (operatorType, key, values, expected) => {
  expect(matches({ advancedFilters: [{ operatorType, key, values }] }, event)).toBe(expected);
});

test('all advanced filters must hold', () => {
  const operatorType = 'StringIn' as const;
  const holds = { operatorType, key: 'data.api', values: ['PutBlockList'] };
  const fails = { ...holds, values: ['PutBlob'] };
  expect(matches({ advancedFilters: [holds, fails] }, event)).toBe(false);
});

test('a Not operator says the opposite of its other, whatever the text', () => {
  const pairs = OPERATOR_TYPES.filter((each) => each.startsWith('StringNot'));
  const texts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 });
  const opposite = (not: OperatorType, api: string, values: string[]) => {
    const outcome = (operatorType: OperatorType) =>
      matches(
        { advancedFilters: [{ operatorType, key: 'data.api', values }] },
        created('a', { api }),
      );
    expect(outcome(not)).toBe(!outcome(not.replace('Not', '') as OperatorType));
  };
  fc.assert(fc.property(fc.constantFrom(...pairs), fc.string({ maxLength: 5 }), texts, opposite));
});

test('an event that is not complete yet may match where only what is missing could decide', () => {
  const { topic, subject, eventType } = event;
  const known = { topic, subject, eventType, data: { api: 'PutBlockList', url: 'http://h/a' } };
  const filterOn = (key: string) => ({
    advancedFilters: [{ operatorType: 'StringIn' as const, key, values: ['no'] }],
  });
  expect(mayMatch(filterOn('data.contentType'), known)).toBe(true);
  expect(mayMatch(filterOn('data.api'), known)).toBe(false);
  expect(mayMatch({ subjectEndsWith: '.csv' }, known)).toBe(false);
  expect(mayMatch(undefined, known)).toBe(true);
});
