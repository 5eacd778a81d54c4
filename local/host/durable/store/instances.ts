import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Parent } from '../events.ts';
import type { RuntimeStatus } from '../protocol.ts';

/** What is kept of one instance besides its history; times are milliseconds since 1970. */
export interface Instance {
  instanceId: string;
  executionId: string;
  /** Counts the executions that continueAsNew chains together, from 0. */
  generation: number;
  name: string;
  version: string | null;
  status: RuntimeStatus;
  /** JSON texts. */
  input: string;
  output: string | null;
  customStatus: string | null;
  createdAt: number;
  updatedAt: number;
  parent: Parent | null;
}

/** Which instances to list; times are milliseconds since 1970. */
export interface InstanceFilter {
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
  statuses?: string[] | undefined;
  prefix?: string | undefined;
  /** Only instances whose id sorts after this one. */
  after?: string | undefined;
  limit?: number | undefined;
}

export interface InstanceRows {
  get(instanceId: string): Instance | undefined;
  put(instance: Instance): void;
  remove(instanceId: string): void;
  /** In the order of their ids. */
  list(filter: InstanceFilter): Instance[];
}

/** The rows of table `instances`. */
export function instanceRows(db: DatabaseSync): InstanceRows {
  const get = db.prepare('SELECT * FROM instances WHERE instance_id = ?');
  const put = db.prepare(
    'INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const remove = db.prepare('DELETE FROM instances WHERE instance_id = ?');
  return {
    get: (instanceId) => {
      const row = get.get(instanceId);
      return row && toInstance(row);
    },
    put: (instance) => void put.run(...toColumns(instance)),
    remove: (instanceId) => void remove.run(instanceId),
    list(filter) {
      const { where, values } = conditions(filter);
      const sql = `SELECT * FROM instances ${where} ORDER BY instance_id LIMIT ?`;
      return db
        .prepare(sql)
        .all(...values, filter.limit ?? -1)
        .map(toInstance);
    },
  };
}

function toInstance(row: Record<string, unknown>): Instance {
  const parent = row['parent'] as string | null;
  return {
    instanceId: row['instance_id'] as string,
    executionId: row['execution_id'] as string,
    generation: row['generation'] as number,
    name: row['name'] as string,
    version: row['version'] as string | null,
    status: row['status'] as RuntimeStatus,
    input: row['input'] as string,
    output: row['output'] as string | null,
    customStatus: row['custom_status'] as string | null,
    createdAt: row['created_at'] as number,
    updatedAt: row['updated_at'] as number,
    parent: parent === null ? null : JSON.parse(parent),
  };
}

function toColumns(instance: Instance): SQLInputValue[] {
  return [
    instance.instanceId,
    instance.executionId,
    instance.generation,
    instance.name,
    instance.version,
    instance.status,
    instance.input,
    instance.output,
    instance.customStatus,
    instance.createdAt,
    instance.updatedAt,
    instance.parent && JSON.stringify(instance.parent),
  ];
}

function conditions(filter: InstanceFilter): { where: string; values: SQLInputValue[] } {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (term: string, value: SQLInputValue | undefined): void => {
    if (value === undefined) return;
    terms.push(term);
    values.push(value);
  };
  add('created_at >= ?', filter.createdFrom);
  add('created_at <= ?', filter.createdTo);
  add('instance_id > ?', filter.after);
  if (filter.prefix) {
    terms.push('substr(instance_id, 1, length(?)) = ?');
    values.push(filter.prefix, filter.prefix);
  }
  if (filter.statuses && filter.statuses.length > 0) {
    terms.push(`status IN (${filter.statuses.map(() => '?').join(', ')})`);
    values.push(...filter.statuses);
  }
  return { where: terms.length > 0 ? `WHERE ${terms.join(' AND ')}` : '', values };
}
