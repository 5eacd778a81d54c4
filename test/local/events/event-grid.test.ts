import { expect, onTestFinished, test, vi } from 'vitest';
import { startEventGrid, type EventGridOptions } from '../../../local/events/event-grid.ts';
import { startEventGridServer } from '../../../local/events/server.ts';
import { created, manualClock, startWebhook, temporaryFolder } from './support.ts';

const SOON = { interval: 1 };

async function start(options: Partial<EventGridOptions> = {}) {
  const webhook = await startWebhook();
  const clock = manualClock();
  const dataDir = temporaryFolder();
  const subscriptions = [{ name: 'drop', endpoint: webhook.url }];
  const eventGrid = startEventGrid({ dataDir, subscriptions, clock, ...options });
  onTestFinished(() => eventGrid.close());
  return { eventGrid, webhook, clock, dataDir, subscriptions };
}

test('an event is posted alone in an array, after one handshake, with the headers of Event Grid', async () => {
  const { eventGrid, webhook } = await start();
  eventGrid.publish(created('a'));
  eventGrid.publish(created('b'));
  await vi.waitUntil(() => webhook.deliveries.length === 2);
  expect(webhook.validations).toBe(1);
  const names = webhook.deliveries.map(({ events }) => events.map(({ id }) => id));
  expect(names.toSorted()).toEqual([['id of a'], ['id of b']]);
  expect(webhook.deliveries[0]!.events[0]).toEqual(
    expect.objectContaining({ ...created('a'), id: names[0]![0], subject: expect.any(String) }),
  );
  expect(webhook.deliveries[0]!.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'aeg-event-type': 'Notification',
    'aeg-subscription-name': 'DROP',
    'aeg-delivery-count': '0',
    'aeg-data-version': '',
    'aeg-metadata-version': '1',
  });
});

test('a failed delivery is tried again by the schedule, counting the attempts', async () => {
  const { eventGrid, webhook, clock } = await start();
  webhook.status = (attempt) => (attempt < 4 ? 500 : 202);
  eventGrid.publish(created());
  for (const [attempt, wait] of [1_000, 3_000, 10_000].entries()) {
    await vi.waitUntil(() => webhook.deliveries.length === attempt + 1);
    await vi.waitUntil(() => clock.nextAlarm() === clock.now() + wait);
    clock.turn(wait - 1);
    expect(webhook.deliveries).toHaveLength(attempt + 1);
    clock.turn(1);
  }
  await vi.waitUntil(() => eventGrid.counts().delivered['drop'] === 1);
  const counted = webhook.deliveries.map(({ headers }) => headers['aeg-delivery-count']);
  expect(counted).toEqual(['0', '1', '2', '3']);
  expect(eventGrid.counts()).toEqual({ delivered: { drop: 1 }, pending: {}, deadLettered: {} });
});

test('what is refused for good becomes a dead letter that says why, and the log says so', async () => {
  const lines: string[] = [];
  const { eventGrid, webhook } = await start({ log: (line) => lines.push(line) });
  webhook.status = () => 400;
  eventGrid.publish(created('bad'));
  await vi.waitUntil(() => eventGrid.deadLetters().length === 1);
  expect(eventGrid.deadLetters()).toEqual([
    {
      ...created('bad'),
      subscription: 'drop',
      deadLetterReason: 'UndeliverableDueToHttpBadRequest',
      deliveryAttempts: 1,
      lastDeliveryOutcome: 'Http400',
      publishTime: '1970-01-01T00:16:40.000Z',
      lastDeliveryAttemptTime: '1970-01-01T00:16:40.000Z',
    },
  ]);
  expect(lines).toEqual([
    expect.stringContaining('was not delivered to "drop": UndeliverableDueToHttpBadRequest'),
  ]);
});

test('only events that the filter lets through are queued', async () => {
  const webhook = await startWebhook();
  const filter = { subjectEndsWith: '.csv' };
  const { eventGrid } = await start({
    subscriptions: [{ name: 'csv', endpoint: webhook.url, filter }],
  });
  eventGrid.publish(created('a.gz'));
  eventGrid.publish(created('a.csv'));
  await vi.waitUntil(() => eventGrid.counts().delivered['csv'] === 1);
  expect(webhook.deliveries.map(({ events }) => events[0]!.id)).toEqual(['id of a.csv']);
});

test('each subscription gets its own copy, and one that fails holds up no other', async () => {
  const [good, bad] = [await startWebhook(), await startWebhook()];
  bad.status = () => 503;
  const subscriptions = [
    { name: 'bad', endpoint: bad.url },
    { name: 'good', endpoint: good.url },
  ];
  const { eventGrid } = await start({ subscriptions });
  for (let n = 0; n < 100; n++) eventGrid.publish(created(`${n}`));
  await vi.waitUntil(() => eventGrid.counts().delivered['good'] === 100);
  expect(eventGrid.counts().pending).toEqual({ bad: 100 });
});

test('nothing is delivered before the handshake succeeds, and the log names the endpoint without its key', async () => {
  const webhook = await startWebhook({ handshake: false });
  const lines: string[] = [];
  const subscriptions = [{ name: 'drop', endpoint: webhook.url }];
  const { eventGrid, clock } = await start({ subscriptions, log: (line) => lines.push(line) });
  eventGrid.publish(created());
  for (let tries = 1; tries <= 40; tries++) {
    await vi.waitUntil(() => webhook.validations === tries, SOON);
    await vi.waitUntil(() => clock.nextAlarm() === clock.now() + 250, SOON);
    clock.turn(250);
  }
  expect(lines[0]).toContain('"drop" waits: ');
  expect(lines[0]).toContain('does not answer the validation handshake');
  expect(lines[0]).not.toContain('secret');
  expect(webhook.deliveries).toEqual([]);
});

test('what is queued is delivered by the next process, without a new handshake', async () => {
  const { eventGrid, webhook, clock, dataDir, subscriptions } = await start();
  webhook.status = () => 500;
  eventGrid.publish(created('kept'));
  await vi.waitUntil(() => webhook.deliveries.length === 1);
  // Not closed, as after kill -9.
  webhook.status = () => 200;
  clock.turn(1_000);
  const next = startEventGrid({ dataDir, subscriptions, clock: manualClock(clock.now() + 1_000) });
  onTestFinished(() => next.close());
  await vi.waitUntil(() => next.counts().delivered['drop'] !== undefined);
  expect(webhook.validations).toBe(1);
});

test('what waits for a subscription that is gone becomes a dead letter', async () => {
  const { eventGrid, webhook, dataDir } = await start();
  webhook.status = () => 500;
  eventGrid.publish(created('stray'));
  await vi.waitUntil(() => webhook.deliveries.length === 1);
  const next = startEventGrid({ dataDir, subscriptions: [] });
  onTestFinished(() => next.close());
  expect(next.deadLetters()).toMatchObject([
    { id: 'id of stray', deadLetterReason: 'SubscriptionDeleted' },
  ]);
});

test('events can be published over HTTP as on a custom topic, and malformed ones are refused', async () => {
  const { eventGrid, webhook } = await start();
  const server = await startEventGridServer(eventGrid, 0);
  onTestFinished(() => server.close());
  const post = (body: string) => fetch(`${server.url}/api/events`, { method: 'POST', body });
  const { topic: _, metadataVersion: __, ...event } = created('custom');
  expect((await post(JSON.stringify([event]))).status).toBe(200);
  await vi.waitUntil(() => webhook.deliveries.length === 1);
  expect(webhook.deliveries[0]!.events[0]).toMatchObject({ ...event, metadataVersion: '1' });
  for (const body of ['', '{}', '[1]', '[{"id":"1"}]', '[{"id":1,"data":{}}]']) {
    expect((await post(body)).status).toBe(400);
  }
  expect((await fetch(`${server.url}/deadLetters`)).status).toBe(200);
  expect((await fetch(`${server.url}/topics`)).status).toBe(501);
});
