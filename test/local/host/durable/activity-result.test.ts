import { describe, expect, it } from 'vitest';
import { activityFailure, activityResult } from '../../../../local/host/durable/activity-result.ts';

describe('what an activity returned', () => {
  it.each([
    [undefined, 'null'],
    [null, 'null'],
    [{ json: '{"a":1}' }, '{"a":1}'],
    [{ string: '{"a":1}' }, '"{\\"a\\":1}"'],
    [{ string: '' }, '""'],
    [{ int: 0 }, '0'],
    [{ double: 1.5 }, '1.5'],
    [{ bytes: Buffer.from('hi') }, '"aGk="'],
  ])('%j is kept as %s', (returned, kept) => {
    expect(activityResult(returned)).toBe(kept);
  });
});

describe('what an activity threw', () => {
  it.each([
    [new Error('bad'), 'bad'],
    ['text', 'text'],
    [undefined, 'Unknown error'],
    [{ code: 1 }, '{"code":1}'],
    [7, '7'],
  ])('%j gives a reason with two spaces, as in Azure', (thrown, text) => {
    const failure = activityFailure('X', thrown);
    expect(failure.reason).toBe(`Activity function 'X' failed:  ${text}`);
    expect(JSON.parse(failure.details!)).toMatchObject({
      ClassName: 'System.Exception',
      Message: ` ${text}`,
    });
    expect(failure.failureDetails).toBe(null);
  });

  it('is typed when the app has an exception properties provider', () => {
    const sent = {
      errorType: 'MyError',
      errorMessage: 'custom',
      isNonRetriable: true,
      properties: { a: 1 },
    };
    expect(activityFailure('X', new Error(JSON.stringify(sent)))).toEqual({
      reason: "Activity function 'X' failed with an unhandled exception.",
      details: null,
      failureDetails: {
        ErrorType: 'MyError',
        ErrorMessage: 'custom',
        StackTrace: null,
        InnerFailure: null,
        IsNonRetriable: true,
        Properties: { a: 1 },
      },
    });
  });
});
