import { expect, test } from 'vitest';
import { parseSubscriptions } from '../../../local/events/subscription.ts';

const valid = {
  name: 'drop',
  endpoint: 'http://127.0.0.1:7071/runtime/webhooks/eventgrid?functionName=drop',
  filter: {
    includedEventTypes: ['Microsoft.Storage.BlobCreated'],
    subjectBeginsWith: '/blobServices/',
    advancedFilters: [{ operatorType: 'StringIn', key: 'data.api', values: ['PutBlob'] }],
  },
};

test('a subscription is taken as it is written', () => {
  expect(parseSubscriptions([valid])).toEqual([valid]);
  const { name, endpoint } = valid;
  expect(parseSubscriptions([{ name, endpoint }])).toEqual([{ name, endpoint }]);
});

const advanced = (change: object) => ({
  ...valid,
  filter: { advancedFilters: [{ ...valid.filter.advancedFilters[0], ...change }] },
});

test.each([
  [{}, 'the file must be an array'],
  [['x'], '[0] must be an object, but is "x"'],
  [[{ ...valid, name: undefined }], '[0].name must be a name, but is absent'],
  [[{ ...valid, endpoint: 'drop' }], '[0].endpoint must be a URL, but is "drop"'],
  [[valid, valid], 'the name "drop" stands twice'],
  [[{ ...valid, retryPolicy: {} }], '[0].retryPolicy is not built'],
  [[{ ...valid, filter: { subjectIs: 'x' } }], '[0].filter.subjectIs is not built'],
  [
    [{ ...valid, filter: { includedEventTypes: 'x' } }],
    '[0].filter.includedEventTypes must be an array of strings',
  ],
  [[{ ...valid, filter: { subjectEndsWith: 1 } }], '[0].filter.subjectEndsWith must be a string'],
  [
    [{ ...valid, filter: { isSubjectCaseSensitive: 'no' } }],
    'isSubjectCaseSensitive must be a boolean',
  ],
  [[{ ...valid, filter: { advancedFilters: {} } }], '[0].filter.advancedFilters must be an array'],
  [[advanced({ operatorType: 'NumberGreaterThan' })], 'but is "NumberGreaterThan"'],
  [[advanced({ key: 'colour' })], '[0].filter.advancedFilters[0].key must be a field of the event'],
  [[advanced({ values: [1] })], '[0].filter.advancedFilters[0].values must be an array of strings'],
])('%j is refused: %s', (json, message) => {
  expect(() => parseSubscriptions(json)).toThrow(message);
});
