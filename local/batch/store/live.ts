import { join } from 'node:path';
import type { Account, Job, JobNode, JobSchedule, Node, Pool } from '../account.ts';
import { emptyCounts, type Counts } from './counts.ts';
import type { Database } from './database.ts';
import type {
  JobDocument,
  JobNodeDocument,
  JobScheduleDocument,
  NodeDocument,
  PoolDocument,
} from './documents.ts';

/** Makes the live objects of an account, each of which knows how to save itself. */
export interface LiveStore {
  addPool(doc: PoolDocument): Pool;
  addNode(pool: Pool, doc: NodeDocument): Node;
  addJob(doc: JobDocument): Job;
  addJobNode(job: Job, doc: JobNodeDocument): JobNode;
  addJobSchedule(doc: JobScheduleDocument): JobSchedule;
  /** Removes an object, which is not saved again. */
  remove(object: LiveObject): void;
  /** Reads everything but tasks back after a restart. */
  load(account: Loaded): void;
}

type LiveObject = Pool | Node | Job | JobNode | JobSchedule;
type Loaded = Pick<Account, 'pools' | 'jobs' | 'jobSchedules'>;

/** Opens the tables of pools, nodes, jobs and job schedules. */
export function openLiveStore(db: Database, dataDir: string): LiveStore {
  const tables = openTables(db);
  const objects = makers(tables, dataDir);
  const marked = <T extends LiveObject>(object: T): T => {
    db.changed(object);
    return object;
  };
  return {
    addPool: (doc) => marked(objects.pool(tables.pools.nextRow(), doc)),
    addNode: (pool, doc) => marked(objects.node(tables.nodes.nextRow(), pool, doc)),
    addJob: (doc) => marked(objects.job(tables.jobs.nextRow(), doc, emptyCounts())),
    addJobNode: (job, doc) => marked(objects.jobNode(tables.job_nodes.nextRow(), job, doc)),
    addJobSchedule: (doc) => marked(objects.jobSchedule(tables.job_schedules.nextRow(), doc)),
    remove(object) {
      if ('pool' in object) object.pool.nodes.delete(object.doc.id);
      object.removed = true;
      db.changed(object);
    },
    load: (account) => load(db, objects, account),
  };
}

/** Writes of one table. */
interface Table {
  nextRow(): number;
  save(row: number, ...values: (string | number)[]): void;
  remove(row: number): void;
}

type Tables = Record<'pools' | 'nodes' | 'jobs' | 'job_nodes' | 'job_schedules', Table>;

function openTables(db: Database): Tables {
  return {
    pools: openTable(db, 'pools', ['document']),
    nodes: openTable(db, 'nodes', ['pool', 'document']),
    jobs: openTable(db, 'jobs', ['document', 'counts']),
    job_nodes: openTable(db, 'job_nodes', ['job', 'document']),
    job_schedules: openTable(db, 'job_schedules', ['document']),
  };
}

function openTable(db: Database, name: string, columns: readonly string[]): Table {
  let last = Number(db.prepare(`select max(row) as row from ${name}`).get()?.row ?? 0);
  const updates = columns.map((column) => `${column} = excluded.${column}`);
  const save = db.prepare(
    `insert into ${name} (row, ${columns.join(', ')}) values (?${', ?'.repeat(columns.length)})
     on conflict (row) do update set ${updates.join(', ')}`,
  );
  const remove = db.prepare(`delete from ${name} where row = ?`);
  return {
    nextRow: () => ++last,
    save: (row, ...values) => void save.run(row, ...values),
    remove: (row) => void remove.run(row),
  };
}

interface Makers {
  pool(row: number, doc: PoolDocument): Pool;
  node(row: number, pool: Pool, doc: NodeDocument): Node;
  job(row: number, doc: JobDocument, counts: Counts): Job;
  jobNode(row: number, job: Job, doc: JobNodeDocument): JobNode;
  jobSchedule(row: number, doc: JobScheduleDocument): JobSchedule;
}

function makers(tables: Tables, dataDir: string): Makers {
  return {
    pool(row, doc) {
      const save = saver(tables.pools, row, () => pool);
      const timers = { cancel: undefined, cancelAutoScale: undefined };
      const live = { nodes: new Map<never, never>(), samples: new Map<never, never>() };
      // Azure keeps the first four addresses of a subnet to itself.
      const subnet = { lastAddress: 3 };
      const pool: Pool = { row, doc, ...live, ...subnet, ...timers, removed: false, save };
      return pool;
    },
    node(row, pool, doc) {
      const save = saver(tables.nodes, row, () => node, [pool.row]);
      const root = join(dataDir, 'nodes', doc.id);
      const live = { runs: new Set<never>(), usedSlots: 0, recent: [], removed: false };
      const busy = { activity: undefined, packages: new Map<never, never>() };
      const node: Node = { row, pool, doc, root, ...live, ...busy, save };
      pool.nodes.set(doc.id, node);
      pool.lastAddress = Math.max(pool.lastAddress, addressNumber(doc.ipAddress));
      return node;
    },
    job(row, doc, counts) {
      const save = (): void =>
        job.removed
          ? tables.jobs.remove(row)
          : tables.jobs.save(row, JSON.stringify(job.doc), JSON.stringify(job.counts));
      const live = { runs: new Set<never>(), ahead: new Map<never, never>(), removed: false };
      const own = { nodes: new Map<never, never>(), cancelLimit: undefined, deleting: false };
      const job: Job = { row, doc, counts, ...live, ...own, save };
      return job;
    },
    ...makersOfJobs(tables),
  };
}

function makersOfJobs(tables: Tables): Pick<Makers, 'jobNode' | 'jobSchedule'> {
  return {
    jobNode(row, job, doc) {
      const save = saver(tables.job_nodes, row, () => jobNode, [job.row]);
      const live = { preparing: undefined, releasing: undefined, removed: false };
      const jobNode: JobNode = { row, job, doc, ...live, save };
      job.nodes.set(doc.nodeId, jobNode);
      return jobNode;
    },
    jobSchedule(row, doc) {
      const save = saver(tables.job_schedules, row, () => schedule);
      const schedule: JobSchedule = { row, doc, removed: false, cancel: undefined, save };
      return schedule;
    },
  };
}

function addressNumber(ipAddress: string): number {
  const [, ...parts] = ipAddress.split('.').map(Number);
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** Saves an object as it is when it is saved, or removes it. */
function saver(
  table: Table,
  row: number,
  object: () => { doc: object; removed: boolean },
  columns: number[] = [],
): () => void {
  return () => {
    const { doc, removed } = object();
    if (removed) table.remove(row);
    else table.save(row, ...columns, JSON.stringify(doc));
  };
}

function load(db: Database, objects: Makers, { pools, jobs, jobSchedules }: Loaded): void {
  const byRow = new Map<number, Pool>();
  for (const { row, document } of db.prepare('select * from pools').all()) {
    const pool = objects.pool(Number(row), JSON.parse(String(document)) as PoolDocument);
    pools.set(pool.doc.id.toLowerCase(), pool);
    byRow.set(pool.row, pool);
  }
  for (const { row, pool: poolRow, document } of db.prepare('select * from nodes').all()) {
    const pool = byRow.get(Number(poolRow));
    if (pool === undefined) continue;
    objects.node(Number(row), pool, JSON.parse(String(document)) as NodeDocument);
  }
  loadJobs(db, objects, jobs);
  for (const { row, document } of db.prepare('select * from job_schedules').all()) {
    const doc = JSON.parse(String(document)) as JobScheduleDocument;
    jobSchedules.set(doc.id.toLowerCase(), objects.jobSchedule(Number(row), doc));
  }
}

function loadJobs(db: Database, objects: Makers, jobs: Map<string, Job>): void {
  const byRow = new Map<number, Job>();
  for (const { row, document, counts } of db.prepare('select * from jobs').all()) {
    const doc = JSON.parse(String(document)) as JobDocument;
    const job = objects.job(Number(row), doc, JSON.parse(String(counts)) as Counts);
    jobs.set(doc.id.toLowerCase(), job);
    byRow.set(job.row, job);
  }
  for (const { row, job: jobRow, document } of db.prepare('select * from job_nodes').all()) {
    const job = byRow.get(Number(jobRow));
    if (job === undefined) continue;
    objects.jobNode(Number(row), job, JSON.parse(String(document)) as JobNodeDocument);
  }
}
