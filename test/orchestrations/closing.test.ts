import { expect, test } from 'vitest';
import { answered, event, names, play, refused, time } from './histories.ts';

const REFUSED = { ok: false, error: { code: 'BatchRefused', message: 'no' } };
const BUSY = { ...REFUSED, retryAfterSeconds: 0 };

const times = (count: number, answer: object): object[] =>
  Array.from({ length: count }, () => answer);

/** A run that is refused at its start, and then gets these answers at its end, with a pause after each. */
function atItsEnd(answers: object[]): Promise<Awaited<ReturnType<typeof play>>> {
  const history = answered([refused(0, 'BatchRefused')]);
  let second = 2;
  for (const [index, answer] of answers.entries()) {
    // Of each turn the call has the first number and its timer the second.
    const id = 1 + 2 * index;
    const result = { TaskScheduledId: id, Result: JSON.stringify(answer) };
    history.push(event(12, second), event(5, second, result));
    second += 600;
    const fired = { TimerId: id + 1, FireAt: time(second) };
    history.push(event(12, second), event(11, second, fired));
  }
  return play(history);
}

test.each([
  ['refusing', times(20, REFUSED), 'endJob'],
  ['refusing for too long', times(21, REFUSED), 'breakOff'],
  ['unable to answer for hours', times(40, BUSY), 'endJob'],
  ['unable to answer, and then refused', [...times(40, BUSY), REFUSED], 'endJob'],
])(
  'a run whose job cannot be ended, since Batch is %s, goes on with %j',
  async (_, answers, next) => {
    const played = await atItsEnd(answers);
    expect(played.error).toBeUndefined();
    expect(names(played).findLast((name) => name !== undefined)).toBe(next);
  },
);
