import { expect, it } from 'vitest';
import { createExecutionCache } from '../../../../local/host/durable/engine/execution-cache.ts';
import { historyEvent } from '../../../../local/host/durable/events.ts';
import { extend } from '../../../../local/host/durable/execution.ts';
import type { HistoryEvent } from '../../../../local/host/durable/protocol.ts';
import type { Instance } from '../../../../local/host/durable/store/instances.ts';

/** A cache over histories of three events each, which tells what it reads. */
function cacheOf(limit: number) {
  const event = historyEvent('EventRaised', 0, { Name: 'e', Input: '1' });
  const read: string[] = [];
  const history = {
    read({ instanceId }: { instanceId: string }): HistoryEvent[] {
      read.push(instanceId);
      return [event, event, event];
    },
  };
  const cache = createExecutionCache({ history }, limit);
  const load = (instanceId: string, executionId = 'first') =>
    cache.load({ instanceId, executionId, generation: 0 } as Instance);
  return { cache, load, read, event };
}

it('an execution is read once and then comes from memory, until it is forgotten', () => {
  const { cache, load, read } = cacheOf(100);
  expect(load('a')).toBe(load('a'));
  cache.forget('a');
  load('a');
  expect(read).toEqual(['a', 'a']);
});

it('another execution of the same instance is read anew', () => {
  const { load, read } = cacheOf(100);
  load('a');
  expect(load('a', 'second').executionId).toBe('second');
  expect(read).toEqual(['a', 'a']);
});

it('past the limit those that ran longest ago are dropped, and read again when they run', () => {
  const { load, read } = cacheOf(7);
  for (const instanceId of ['a', 'b', 'a', 'c', 'a', 'b']) load(instanceId);
  expect(read).toEqual(['a', 'b', 'c', 'b']);
});

it('events that came since it was loaded count when it runs again', () => {
  const { load, read, event } = cacheOf(7);
  extend(load('a'), [event, event, event]);
  for (const instanceId of ['b', 'a', 'b']) load(instanceId);
  expect(read).toEqual(['a', 'b', 'b']);
});

it('one execution longer than the limit is kept while it runs', () => {
  const { load } = cacheOf(1);
  expect(load('a')).toBe(load('a'));
});

it('what an episode took is kept until the execution is forgotten', () => {
  const { cache, load } = cacheOf(100);
  load('a');
  cache.took('a', 12);
  load('a');
  expect(cache.costOf('a')).toBe(12);
  cache.forget('a');
  cache.took('a', 12);
  expect(cache.costOf('a')).toBe(0);
});
