import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ToApp } from '../../../../local/host/app/messages.ts';
import { watchBlocks } from '../../../../local/host/worker/block-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const by = { callId: 7, functionName: 'slow', at: 'spin (/app/slow.js:12)' };

function watch() {
  const lines: string[] = [];
  const asked: ToApp[] = [];
  const blocks = watchBlocks((_level, _source, message) => void lines.push(message));
  const process = { send: (message: ToApp) => void asked.push(message) };
  return { blocks, lines, asked, ask: () => blocks.ask(process) };
}

describe('what blocks the event loop', () => {
  it('is warned of once, by name and line, after five seconds', () => {
    const { blocks, lines } = watch();
    blocks.receive({ kind: 'blocked', by });
    vi.advanceTimersByTime(4_999);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([
      "Functions.slow has blocked the app's event loop for 5 s, in spin (/app/slow.js:12). " +
        'Everything else in the app waits.',
    ]);
  });

  it('is not warned of when it ends before', () => {
    const { blocks, lines } = watch();
    blocks.receive({ kind: 'blocked', by });
    vi.advanceTimersByTime(4_000);
    blocks.receive({ kind: 'blocked', by: null });
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });

  it('need not be a function, nor have a place', () => {
    const { blocks, lines } = watch();
    blocks.receive({ kind: 'blocked', by: {} });
    vi.advanceTimersByTime(5_000);
    expect(lines[0]).toMatch(
      /^Code outside of any function has blocked the app's event loop for 5 s\. /,
    );
  });
});

describe('whoever asks what blocks the event loop', () => {
  it('is told at once when that is known', async () => {
    const { blocks, asked, ask } = watch();
    blocks.receive({ kind: 'blocked', by });
    expect(await ask()).toEqual(by);
    expect(asked).toEqual([]);
  });

  it('learns from a sign of life that nothing does', async () => {
    const { blocks, asked, ask } = watch();
    const answer = ask();
    expect(asked).toEqual([{ kind: 'ping' }]);
    blocks.receive({ kind: 'pong' });
    expect(await answer).toBeUndefined();
  });

  it('learns it from a report that comes meanwhile', async () => {
    const { blocks, ask } = watch();
    const answers = Promise.all([ask(), ask()]);
    blocks.receive({ kind: 'blocked', by });
    expect(await answers).toEqual([by, by]);
  });

  it('does not wait for ever', async () => {
    const { ask } = watch();
    const answer = ask();
    vi.advanceTimersByTime(2_000);
    expect(await answer).toBeUndefined();
  });
});
