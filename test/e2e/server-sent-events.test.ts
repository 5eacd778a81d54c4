import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runViewSchema } from '../../lib/plan/run-view.ts';
import { cleanedUp, start } from './actions.ts';
import { type RunView, type Sluice, startSluice, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Received {
  id: string;
  run: RunView;
}

/** Events as they come, until the stream ends or the caller has had enough. */
async function* received(path: string, lastId?: string): AsyncGenerator<Received> {
  const stop = new AbortController();
  const headers: Record<string, string> = lastId ? { 'last-event-id': lastId } : {};
  const response = await fetch(`${sluice.urls.api}${path}`, { headers, signal: stop.signal });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  try {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, id] = /^id: (.+)$/m.exec(block) ?? [];
        const [, data] = /^data: (.+)$/m.exec(block) ?? [];
        if (id && data) yield { id, run: runViewSchema.parse(JSON.parse(data)) };
      }
    }
  } finally {
    stop.abort();
  }
}

/** The first event that fits; the stream is left then. */
async function firstThat(
  path: string,
  fits: (run: RunView) => boolean,
  lastId?: string,
): Promise<Received> {
  for await (const event of received(path, lastId)) if (fits(event.run)) return event;
  throw new Error(`The stream of ${path} ended before that.`);
}

async function begin(name: string): Promise<{ id: string; goOn: () => void }> {
  const flag = join(folder, name);
  const command = `until [ -e ${flag} ]; do sleep 0.1; done; cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
  const id = await start(sluice, { name, command }, { a: '1' });
  return { id, goOn: () => writeFileSync(flag, '') };
}

test.concurrent('the events of a run come while it goes, and end when it is over', async () => {
  const { id, goOn } = await begin('one');
  const events: Received[] = [];
  for await (const event of received(`/runs/${id}/events`)) {
    events.push(event);
    if (event.run.counts.running === 1) goOn();
  }
  const last = events.at(-1)!;
  expect(events.length).toBeGreaterThan(2);
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  expect(last.run).toMatchObject({ id, status: 'Succeeded', phase: 'done' });
  // Who comes again and has seen the end is told nothing; who has seen something else is told the end.
  const again = async (lastId: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const event of received(`/runs/${id}/events`, lastId)) ids.push(event.id);
    return ids;
  };
  expect(await again(last.id)).toEqual([]);
  expect(await again(events[0]!.id)).toEqual([last.id]);
});

test.concurrent('the events of all runs tell of each, and of one that ended while nobody listened', async () => {
  const { id, goOn } = await begin('many');
  const seen = await firstThat('/events', (run) => run.id === id && run.counts.running === 1);
  goOn();
  await cleanedUp(sluice, id);
  const missed = await firstThat('/events?pipeline=many', (run) => run.id === id, seen.id);
  expect(missed.run).toMatchObject({ status: 'Succeeded', phase: 'done' });
});

test('there are no events of a run that is none', async () => {
  const response = await fetch(`${sluice.urls.api}/runs/nope-261124001703-6d4dc3b937d4/events`);
  expect(response.status).toBe(404);
});
