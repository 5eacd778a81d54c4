import type { Account } from '../account.ts';
import { filterToSql, type Column } from '../odata/filter-sql.ts';
import { readFilter } from '../odata/filter.ts';
import { taskFilters } from '../odata/filter-tables.ts';
import { listBody, pageStart, readSelect } from '../odata/page.ts';
import { taskColumns, taskMembers, taskRenderer } from '../views/task.ts';
import { maxResults, type Call, type Reply } from '../wire/call.ts';
import { readExpansion } from './expansion.ts';
import { findJob } from './find.ts';

/** Task_List, ordered by id. */
export function listTasks(account: Account, call: Call): Reply {
  const expand = readExpansion(account, call);
  const job = findJob(account, call);
  const wanted = { ...expand, jobId: job.doc.id, selected: readSelect(call, taskMembers) };
  const limit = maxResults(call);
  const { sql, values } = queryOf(call, taskColumns(wanted).join(', '));
  const rows = account.tasks.select(sql, [job.row, ...values, limit + 1]);
  const render = taskRenderer(wanted);
  const page = rows.slice(0, limit);
  const members = page.map((row) => `{${render(row)}}`);
  return {
    status: 200,
    body: listBody(call, 'tasks', {
      members,
      next: rows.length > limit ? page.at(-1)?.id : undefined,
    }),
  };
}

function queryOf(call: Call, what: string): { sql: string; values: (string | number)[] } {
  const conditions = ['job = ?'];
  const values: (string | number)[] = [];
  const after = pageStart(call);
  if (after !== undefined) {
    conditions.push('id > ?');
    values.push(after);
  }
  const filter = readFilter(call.query.get('$filter'), taskFilters);
  if (filter !== undefined) {
    const condition = filterToSql(filter, columns);
    conditions.push(condition.sql);
    values.push(...condition.values);
  }
  return {
    sql: `select ${what} from tasks where ${conditions.join(' and ')} order by id limit ?`,
    values,
  };
}

const columns: Record<string, Column> = {
  id: { name: 'id' },
  // "state < 3" stands in the conditions for the sake of the partial index on open tasks.
  state: {
    name: 'state',
    values: {
      active: { eq: '(state = 0 and state < 3)', ne: 'state <> 0' },
      preparing: { eq: '(state = 1 and state < 3)', ne: 'state <> 1' },
      running: { eq: 'state = 2', ne: 'state <> 2' },
      completed: { eq: 'state = 3', ne: 'state < 3' },
    },
  },
  creationTime: { name: 'created' },
  lastModified: { name: 'modified' },
  stateTransitionTime: { name: 'stateAt' },
  'executionInfo/startTime': { name: 'startedAt' },
  'executionInfo/endTime': { name: 'endedAt' },
  'executionInfo/exitCode': { name: 'exitCode' },
  'executionInfo/result': {
    name: 'result',
    values: {
      success: { eq: 'result = 0', ne: 'result is not 0' },
      failure: { eq: 'result = 1', ne: 'result is not 1' },
    },
  },
};
