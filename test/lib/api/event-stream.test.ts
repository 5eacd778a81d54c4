import { expect, test } from 'vitest';
import { eventStream, type Look } from '../../../lib/api/event-stream.ts';

const quiet = { events: [], ended: false };
const pace = { life: 60_000, heartbeat: 0, look: 1 };

/** Looks that find these one after the other, and the last one for ever. */
function finding(...looks: Look[]): () => Promise<Look> {
  return () => Promise.resolve((looks.length > 1 ? looks.shift() : looks[0]) ?? quiet);
}

test('a stream says when to come again, what is new, and that it is there while nothing is', async () => {
  const event = { id: '1', event: 'run', data: { line: 'a\nb' } };
  const looks = finding(quiet, { events: [event], ended: false }, { events: [], ended: true });
  const response = eventStream(looks, () => {}, pace);
  expect(await response.text()).toBe(
    [
      'retry: 1000',
      ': still here',
      'id: 1\nevent: run\ndata: {"line":"a\\nb"}',
      ': still here',
      '',
    ].join('\n\n'),
  );
});

test('a stream ends by itself before a load balancer would cut it off', async () => {
  const response = eventStream(finding(quiet), () => {}, { ...pace, life: 20, heartbeat: 60_000 });
  expect(await response.text()).toBe('retry: 1000\n\n');
});

test('a look that fails ends the stream, and the log has why', async () => {
  const logged: unknown[] = [];
  const fault = new Error('storage is away');
  const response = eventStream(
    () => Promise.reject(fault),
    (error) => logged.push(error),
    pace,
  );
  expect(await response.text()).toBe('retry: 1000\n\n');
  expect(logged).toEqual([fault]);
});

test('a client that leaves is no fault', async () => {
  const logged: unknown[] = [];
  let looked: () => void = () => {};
  const first = new Promise<void>((resolve) => (looked = resolve));
  const look = (): Promise<Look> => {
    looked();
    return Promise.resolve(quiet);
  };
  const calm = { ...pace, look: 60_000 };
  const reader = eventStream(look, (error) => logged.push(error), calm).body!.getReader();
  await first;
  await reader.cancel();
  await new Promise(setImmediate);
  expect(logged).toEqual([]);
});
