import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poolOf, startBatch, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

const ids = ['a', 'B', 'ab', 'Ab-1', 'b_2', 'c', 'x10', 'x9', 'zz'];
const ended = new Set(['B', 'c', 'x9']);

beforeAll(async () => {
  batch = await startBatch();
  const { client } = batch;
  await client.job.add({ id: 'Tasks', poolInfo: { poolId: 'none' } });
  await client.task.addCollection(
    'Tasks',
    ids.map((id) => ({ id, commandLine: 'true' })),
  );
  for (const id of ids) {
    await client.job.add({ id: `Job-${id}`, poolInfo: { poolId: 'none' }, priority: 7 });
    if (!ended.has(id)) continue;
    await client.task.terminate('Tasks', id);
    await client.job.terminate(`Job-${id}`);
  }
  await client.pool.add(poolOf('p', { targetDedicatedNodes: 0 }));
});

afterAll(() => batch.close());

async function list(
  path: string,
  query: Record<string, string>,
): Promise<Record<string, unknown>[]> {
  const response = await raw(batch.emulator, { path: `${path}?${encode(query)}` });
  expect(response.status).toBe(200);
  return (response.json as { value: Record<string, unknown>[] }).value;
}

function encode(query: Record<string, string>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

interface Case {
  filter: string;
  holds: (id: string) => boolean;
}

const operators = {
  eq: (a: string, b: string) => a === b,
  ne: (a: string, b: string) => a !== b,
  ge: (a: string, b: string) => a >= b,
  gt: (a: string, b: string) => a > b,
  le: (a: string, b: string) => a <= b,
  lt: (a: string, b: string) => a < b,
};

/** Filters on ids and states, each with what it means. */
function cases(prefix: string): fc.Arbitrary<Case> {
  const literal = fc.constantFrom(...ids, 'none', 'AB', 'X1', "it's");
  const compared = fc
    .tuple(fc.constantFrom(...(Object.keys(operators) as (keyof typeof operators)[])), literal)
    .map(([operator, value]) => ({
      filter: `id ${operator} '${(prefix + value).replaceAll("'", "''")}'`,
      holds: (id: string) =>
        operators[operator]((prefix + id).toLowerCase(), (prefix + value).toLowerCase()),
    }));
  const started = literal.map((value) => ({
    filter: `startswith(id,'${(prefix + value).replaceAll("'", "''")}')`,
    holds: (id: string) => id.toLowerCase().startsWith(value.toLowerCase()),
  }));
  const state = fc.constantFrom('eq', 'ne').map((operator) => ({
    filter: `state ${operator} 'Completed'`,
    holds: (id: string) => ended.has(id) === (operator === 'eq'),
  }));
  return fc.letrec<{ term: Case; any: Case }>((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, tie('term'), combined(tie('any'), tie('any'))),
    term: fc.oneof(compared, started, state),
  })).any;
}

function combined(left: fc.Arbitrary<Case>, right: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  return fc.tuple(left, fc.constantFrom('and', 'or'), right).map(([a, word, b]) => ({
    filter: `(${a.filter}) ${word} (${b.filter})`,
    holds: (id) => (word === 'and' ? a.holds(id) && b.holds(id) : a.holds(id) || b.holds(id)),
  }));
}

describe('$filter', () => {
  test('lists from the database and from memory have exactly what a filter means', async () => {
    await fc.assert(
      fc.asyncProperty(cases(''), cases('Job-'), async (task, job) => {
        const tasks = await list('/jobs/tasks/tasks', { $filter: task.filter, $select: 'id' });
        expect(tasks.map(({ id }) => id).toSorted()).toEqual(ids.filter(task.holds).toSorted());
        const filter = `startswith(id,'job-') and (${job.filter})`;
        const jobs = await list('/jobs', { $filter: filter, $select: 'id' });
        const expected = ids.filter(job.holds).map((id) => `Job-${id}`);
        expect(jobs.map(({ id }) => id).toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 60 },
    );
  });

  test('and binds more than or, and times may be written in several ways', async () => {
    const filter = "id eq 'a' or id eq 'c' and state eq 'active'";
    expect((await list('/jobs/tasks/tasks', { $filter: filter })).map(({ id }) => id)).toEqual([
      'a',
    ]);
    for (const time of [
      "DateTime'2001-01-01T00:00:00Z'",
      "datetime'Mon, 01 Jan 2001 00:00:00 GMT'",
    ]) {
      for (const [operator, number] of [
        ['gt', ids.length],
        ['lt', 0],
      ]) {
        const query = { $filter: `creationTime ${operator} ${time}` };
        expect(await list('/jobs/tasks/tasks', query)).toHaveLength(Number(number));
      }
    }
  });

  const refused = [
    ['/jobs', "name eq 'x'", 'name cannot be filtered on here'],
    ['/jobs', "state gt 'active'", 'state allows eq, ne, not gt'],
    ['/jobs', 'id eq 5', 'id must be compared with a text'],
    ['/jobs', "creationTime gt 'yesterday'", 'creationTime must be compared with a time'],
    ['/jobs', "id eq 'a", 'Cannot read it at position 5'],
    ['/jobs', "id eq 'a' id eq 'b'", 'Expected the end, found id at position'],
    ['/jobs', "(id eq 'a'", 'Expected ), found its end'],
    ['/jobs', 'id', 'Expected an operator, found its end'],
    ['/jobs', "id like 'a'", 'Expected eq, ne, ge, gt, le or lt'],
    ['/jobs', 'startswith(id)', 'Expected ,'],
    ['/jobs', `${'('.repeat(500)}id eq 'a'${')'.repeat(500)}`, 'at most 100 levels'],
    ['/jobs/tasks/tasks', 'executionInfo/exitCode ne 0', 'executionInfo/exitCode allows'],
    ['/nodecounts', "poolId ne 'p'", 'poolId allows eq'],
    ['/pools', "metadata eq 'x'", 'metadata cannot be filtered on here'],
  ] as const;
  test.each(refused)('%s with %s is refused', async (path, filter, reason) => {
    const response = await raw(batch.emulator, { path: `${path}?${encode({ $filter: filter })}` });
    expect(response).toMatchObject({ status: 400, json: { code: 'InvalidQueryParameterValue' } });
    expect(response.text).toContain(reason);
  });
});

describe('pages', () => {
  test.each(['/jobs/tasks/tasks', '/jobs'])(
    'of %s each have a link to the next, with everything that was asked for',
    async (path) => {
      const query = { maxresults: '2', $select: 'id, state', $filter: "state ne 'completed'" };
      const seen: unknown[] = [];
      let next: string | undefined =
        `${batch.emulator.url}${path}?${encode(query)}&api-version=2022-10-01.16.0`;
      let pages = 0;
      while (next !== undefined) {
        const url: URL = new URL(next);
        expect(url.origin).toBe(batch.emulator.url);
        const { json } = await raw(batch.emulator, {
          path: url.pathname + url.search,
          version: null,
        });
        const page = json as { value: object[]; 'odata.nextLink'?: string };
        expect(page.value.length).toBeLessThanOrEqual(2);
        for (const item of page.value) expect(Object.keys(item)).toEqual(['id', 'state']);
        seen.push(...page.value.map((item) => Object(item).id));
        next = page['odata.nextLink'];
        pages++;
      }
      const expected = ids.filter((id) => !ended.has(id)).length;
      expect(new Set(seen).size).toBe(path === '/jobs' ? expected + 1 : expected);
      expect(pages).toBeGreaterThan(2);
    },
  );

  test.each([
    ['maxresults=0', 'OutOfRangeQueryParameterValue'],
    ['maxresults=1001', 'OutOfRangeQueryParameterValue'],
    ['maxresults=many', 'InvalidQueryParameterValue'],
    ['$skiptoken=x', 'InvalidQueryParameterValue'],
    ['$select=id,nothing', 'InvalidQueryParameterValue'],
    ['$expand=everything', 'InvalidQueryParameterValue'],
  ])('?%s is refused', async (query, code) => {
    for (const path of ['/jobs', '/jobs/tasks/tasks', '/pools']) {
      const response = await raw(batch.emulator, { path: `${path}?${query}` });
      expect(response).toMatchObject({ status: 400, json: { code } });
    }
  });

  test('a list of node counts has at most ten', async () => {
    const counts = await raw(batch.emulator, { path: '/nodecounts?maxresults=11' });
    expect(counts).toMatchObject({ json: { code: 'OutOfRangeQueryParameterValue' } });
  });
});

test('$select leaves out everything else of a single resource, too', async () => {
  for (const [path, kind] of [
    ['/jobs/job-a', 'jobs'],
    ['/jobs/tasks/tasks/a', 'tasks'],
    ['/pools/p', 'pools'],
  ] as const) {
    const { json } = await raw(batch.emulator, { path: `${path}?$select=state` });
    expect(json).toEqual({
      'odata.metadata': `${batch.emulator.url}/$metadata#${kind}/@Element`,
      state: 'active',
    });
  }
});

test('ids compare without case and are read back as they were given', async () => {
  const { json } = await raw(batch.emulator, { path: '/jobs/TASKS/tasks/AB-1' });
  expect(json).toMatchObject({ id: 'Ab-1', url: `${batch.emulator.url}/jobs/Tasks/tasks/Ab-1` });
  const again = await raw(batch.emulator, {
    method: 'POST',
    path: '/jobs',
    body: { id: 'job-A', poolInfo: { poolId: 'none' } },
  });
  expect(again).toMatchObject({ status: 409, json: { code: 'JobExists' } });
});
