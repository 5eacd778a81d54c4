import { afterEach, beforeEach, expect, it } from 'vitest';
import { historyEvent } from '../../../../local/host/durable/events.ts';
import { createCommits, type Commits } from '../../../../local/host/durable/engine/commits.ts';
import {
  openDataDirectory,
  type DataDirectory,
} from '../../../../local/host/durable/store/open.ts';
import { openStore, type Store } from '../../../../local/host/durable/store/store.ts';
import { eventually, temporaryDirectory } from '../support/running-host.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let data: DataDirectory;
let store: Store;
let commits: Commits;
let log: string[];
let transactions: number;
beforeEach(() => {
  directory = temporaryDirectory();
  data = openDataDirectory(directory.path);
  const opened = openStore(data.db);
  transactions = 0;
  store = {
    ...opened,
    transaction(work) {
      transactions += 1;
      return opened.transaction(work);
    },
  };
  log = [];
  commits = createCommits({ store, log: (_level, _source, message) => void log.push(message) });
});
afterEach(() => {
  commits.abandon();
  data.close();
  directory.remove();
});

function note(name: string, size = 1): void {
  store.inbox.add(name, null, historyEvent('EventRaised', 0, { Input: 'x'.repeat(size) }));
}

it('what is added or asked in one turn of the event loop is one transaction, and each gets its own result', async () => {
  const { add, ask } = commits;
  const results = await Promise.all(
    ['a', 'b', 'c'].map((name, index) =>
      (index === 1 ? ask : add)(() => {
        note(name);
        return name;
      }),
    ),
  );
  expect(results).toEqual(['a', 'b', 'c']);
  expect(store.inbox.instances()).toEqual(['a', 'b', 'c']);
  expect(transactions).toBe(1);
});

it('one that throws is undone alone', async () => {
  const settled = await Promise.allSettled([
    commits.add(() => note('a')),
    commits.add(() => {
      note('b');
      throw new Error('cannot be written');
    }),
    commits.add(() => note('c')),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(store.inbox.instances()).toEqual(['a', 'c']);
});

it('what a full disk does not take is written once there is room, each once', async () => {
  const pages = Number(data.db.prepare('PRAGMA page_count').get()?.['page_count']);
  data.db.exec(`PRAGMA max_page_count = ${pages + 1}`);
  const written = Promise.all(['a', 'b'].map((name) => commits.add(() => note(name, 10_000))));
  await eventually(
    () => log,
    (lines) => lines.length > 0,
  );
  expect(log[0]).toMatch(/^The disk is full: cannot write .*host\.sqlite\. Free some space/);
  const later = commits.add(() => note('c'));
  expect(store.inbox.instances()).toEqual([]);
  data.db.exec('PRAGMA max_page_count = 1000000');
  await Promise.all([written, later]);
  expect(store.inbox.instances()).toEqual(['a', 'b', 'c']);
  expect(log).toHaveLength(2);
});

it('who asks is told at once that the disk is full, while steps wait', async () => {
  const pages = Number(data.db.prepare('PRAGMA page_count').get()?.['page_count']);
  data.db.exec(`PRAGMA max_page_count = ${pages + 1}`);
  const alone = commits.ask(() => note('alone', 10_000));
  await expect(alone).rejects.toThrow('The disk is full');
  expect(log).toEqual([]);
  const step = commits.add(() => note('step', 10_000));
  const beside = commits.ask(() => note('beside', 10_000));
  await expect(beside).rejects.toThrow('The disk is full');
  expect(log).toHaveLength(1);
  data.db.exec('PRAGMA max_page_count = 1000000');
  await step;
  expect(store.inbox.instances()).toEqual(['step']);
});

it('nothing is written after it was abandoned', async () => {
  void commits.add(() => note('a'));
  commits.abandon();
  commits.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(store.inbox.instances()).toEqual([]);
});

it('closing writes what waits', () => {
  void commits.add(() => note('a'));
  commits.close();
  expect(store.inbox.instances()).toEqual(['a']);
});
