import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ItemView } from '../../lib/api/item-views.ts';
import { ask, askJson } from '../lib/api/checked.ts';
import { cleanedUp, start } from './actions.ts';
import {
  pipelineFile,
  type RunView,
  type Sluice,
  startSluice,
  temporaryFolder,
  until,
} from './harness.ts';

interface Page<T> {
  value: T[];
  next: string | null;
}
interface PipelineView {
  name: string;
  paused: boolean;
}

const folder = temporaryFolder();
let sluice: Sluice;
let api: string;

beforeAll(async () => {
  sluice = await startSluice();
  api = sluice.urls.api;
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = <T>(path: string): Promise<T> => askJson<T>(api, 'GET', path);

/** Follows the links from a page to the last one. */
async function allPages<T>(path: string): Promise<T[][]> {
  const pages: T[][] = [];
  for (let at: string | null = path; at !== null;) {
    const page: Page<T> = await get<Page<T>>(at.replace(/^\/api/, ''));
    pages.push(page.value);
    at = page.next;
  }
  return pages;
}

const COPY = 'grep -q good "$INPUT"; cp "$INPUT" "$OUTPUT_DIR/out.txt"';

test.concurrent('runs are listed newest first, by pipeline, status and time, page after page', async () => {
  const ids: string[] = [];
  for (const [index, text] of ['good', 'bad', 'good', 'bad', 'good'].entries()) {
    const id = await start(sluice, { name: 'listed', command: COPY }, { [`f-${index}`]: text });
    ids.unshift(id);
    await cleanedUp(sluice, id);
  }
  const listed = async (query: string): Promise<string[][]> =>
    (await allPages<RunView>(`/runs?pipeline=listed${query}`)).map((page) =>
      page.map(({ id }) => id),
    );
  expect((await listed('')).flat()).toEqual(ids);
  expect((await listed('&top=2')).map((page) => page.length)).toEqual([2, 2, 1]);
  expect((await listed('&top=2')).flat()).toEqual(ids);
  expect((await listed('&status=Failed')).flat()).toEqual([ids[1], ids[3]]);
  expect((await listed('&status=Succeeded&top=1')).flat()).toEqual([ids[0], ids[2], ids[4]]);
  expect((await listed('&status=Running')).flat()).toEqual([]);
  const third = await get<RunView>(`/runs/${ids[2]}`);
  expect((await listed(`&since=${third.startedAt}`)).flat()).toEqual(ids.slice(0, 3));
  // What a listing shows of a run that is over is what the run itself says.
  const { value } = await get<Page<RunView>>('/runs?pipeline=listed');
  for (const run of value) expect(run).toEqual(await get<RunView>(`/runs/${run.id}`));
  const everything = (await allPages<RunView>('/runs?top=3')).flat().map(({ id }) => id);
  expect(new Set(everything).size).toBe(everything.length);
  expect(everything).toEqual(expect.arrayContaining(ids));
});

test.concurrent('a run that is begun anew moves from its status to Running and to its next one', async () => {
  const id = await start(sluice, { name: 'moved', command: COPY }, { a: 'bad' });
  await cleanedUp(sluice, id);
  const under = async (status: string): Promise<string[]> =>
    (await get<Page<RunView>>(`/runs?pipeline=moved&status=${status}`)).value.map((run) => run.id);
  expect(await under('Failed')).toEqual([id]);
  await sluice.drop('moved', { a: 'good now' });
  expect((await ask(api, 'POST', `/runs/${id}/redrive`)).status).toBe(202);
  await cleanedUp(sluice, id);
  expect(await under('Succeeded')).toEqual([id]);
  expect(await under('Failed')).toEqual([]);
});

test.concurrent('items are listed by state while a run goes and afterwards, and so is what they printed', async () => {
  const flag = join(folder, 'go-on');
  const command = `case "$NAME" in
b*) echo "first
second" >&2; exit 7 ;;
c*) until [ -e ${flag} ]; do sleep 0.1; done ;;
esac
cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
  const fields = {
    name: 'items',
    command,
    tasks: 'retry: { attempts: 2, on: [{ exit: [7] }], backoff: 0s }',
  };
  const id = await start(sluice, fields, { a: '1', b: '2', c: '3', d: '4' });
  const items = async (status: string): Promise<string[]> => {
    const { value } = await get<Page<ItemView>>(`/runs/${id}/items?status=${status}`);
    return value.map(({ inputs }) => inputs[0]!.name);
  };
  await until('the others are done while c runs', async () => {
    const [succeeded, failed, running] = [
      await items('succeeded'),
      await items('failed'),
      await items('running'),
    ];
    const all = [succeeded.join(), failed.join(), running.join()].join(' ');
    return all === 'a,d b c' ? all : null;
  });
  const going = await get<Page<ItemView>>(`/runs/${id}/items`);
  expect(going.value.map(({ id: item }) => item)).toEqual(['000001', '000002', '000003', '000004']);
  expect(going.value[1]).toMatchObject({
    status: 'Failed',
    cause: 'ExitCode',
    attempts: [{ exitCode: 7 }],
  });
  writeFileSync(flag, '');
  await cleanedUp(sluice, id);
  expect(await items('failed')).toEqual(['b']);
  expect(await items('succeeded')).toEqual(['a', 'c', 'd']);
  expect(await items('waiting')).toEqual([]);
  const pages = await allPages<ItemView>(`/runs/${id}/items?top=3`);
  expect(pages.map((page) => page.length)).toEqual([3, 1]);
  expect(pages.flat()).toEqual((await sluice.manifest(id)).items);
  await checkLogs(id);
});

/** Item 000002 printed two lines in each of two attempts. */
async function checkLogs(id: string): Promise<void> {
  const log = `/runs/${id}/items/000002/stderr`;
  const at = async (query: string, range?: string): Promise<[number, string]> => {
    const response = await ask(api, 'GET', log + query, range ? { headers: { range } } : {});
    return [response.status, await response.text()];
  };
  expect(await at('')).toEqual([200, 'first\nsecond\n']);
  expect(await at('?attempt=1&bytes=7')).toEqual([200, 'second\n']);
  expect(await at('', 'bytes=6-')).toEqual([206, 'second\n']);
  expect(await at('', 'bytes=0-4')).toEqual([206, 'first']);
  expect((await at('', 'bytes=100-'))[0]).toBe(416);
  expect((await at('?attempt=3'))[0]).toBe(404);
  expect((await at('?attempt=none'))[0]).toBe(400);
  const redirect = await ask(api, 'GET', `${log}?whole=true`);
  expect(redirect.status).toBe(307);
  const whole = await fetch(redirect.headers.get('location') ?? '');
  expect(await whole.text()).toBe('first\nsecond\n');
}

test.concurrent('a paused pipeline gathers its drops until it is resumed', async () => {
  await sluice.apply(pipelineFile({ name: 'paused', command: COPY, settle: '0s' }));
  const paused = await askJson<PipelineView>(api, 'POST', '/pipelines/paused/pause');
  expect(paused).toMatchObject({ name: 'paused', paused: true });
  await sluice.drop('paused', { a: 'good', b: 'good' });
  await until('both drops wait', async () => {
    const { value } = await get<{ value: object[] }>('/drops?pipeline=paused&state=pending');
    return value.length === 2 ? value : null;
  });
  await askJson(api, 'POST', '/sweep');
  const listed = await get<{ value: PipelineView[] }>('/pipelines');
  expect(listed.value.find(({ name }) => name === 'paused')).toMatchObject({ paused: true });
  expect(await sluice.runs('paused')).toEqual([]);
  const resumed = await askJson<PipelineView>(api, 'POST', '/pipelines/paused/resume');
  expect(resumed.paused).toBe(false);
  await sluice.finished('paused', 2);
  expect((await ask(api, 'POST', '/pipelines/nobody/pause')).status).toBe(404);
});

test.concurrent('a pipeline is deleted once no run of it goes, and later drops are nobody’s', async () => {
  const flag = join(folder, 'may-end');
  const command = `until [ -e ${flag} ]; do sleep 0.1; done; cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
  const id = await start(sluice, { name: 'gone', command }, { a: '1' });
  const refused = await ask(api, 'DELETE', '/pipelines/gone');
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining(id) as string });
  expect((await get<PipelineView>('/pipelines/gone')).paused).toBe(false);
  writeFileSync(flag, '');
  await cleanedUp(sluice, id);
  await sluice.apply(pipelineFile({ name: 'gone', command }));
  await askJson(api, 'POST', '/pipelines/gone/pause');
  await sluice.drop('gone', { waits: '1' });
  await until('the drop waits', async () => {
    const { value } = await get<{ value: object[] }>('/drops?pipeline=gone&state=pending');
    return value.length === 1 ? value : null;
  });
  await until('its run has left', async () =>
    (await ask(api, 'DELETE', '/pipelines/gone')).status === 204 ? true : null,
  );
  expect((await ask(api, 'GET', '/pipelines/gone')).status).toBe(404);
  expect((await get<RunView>(`/runs/${id}`)).status).toBe('Succeeded');
  await sluice.apply(pipelineFile({ name: 'gone', command, settle: '0s' }));
  const aside = await get<{ value: object[] }>('/drops?pipeline=gone');
  expect(aside.value).toMatchObject([
    { name: 'waits', reason: expect.stringContaining('deleted') as string },
  ]);
  expect((await sluice.runs('gone')).map((run) => run.id)).toEqual([id]);
});
