import { join } from 'node:path';
import type { Account, Job, Node, Pool } from '../account.ts';
import { emptyCounts, type Counts } from './counts.ts';
import type { Database } from './database.ts';
import type { JobDocument, NodeDocument, PoolDocument } from './documents.ts';

/** Makes the live objects of an account, each of which knows how to save itself. */
export interface LiveStore {
  addPool(doc: PoolDocument): Pool;
  addNode(pool: Pool, doc: NodeDocument): Node;
  addJob(doc: JobDocument): Job;
  /** Removes a pool, node or job, which is not saved again. */
  remove(object: Pool | Node | Job): void;
  /** Reads everything but tasks back after a restart. */
  load(account: Pick<Account, 'pools' | 'jobs'>): void;
}

/** Opens the tables of pools, nodes and jobs. */
export function openLiveStore(db: Database, dataDir: string): LiveStore {
  const tables = openTables(db);
  const objects = makers(tables, dataDir);
  const marked = <T extends Pool | Node | Job>(object: T): T => {
    db.changed(object);
    return object;
  };
  return {
    addPool: (doc) => marked(objects.pool(tables.pools.nextRow(), doc)),
    addNode: (pool, doc) => marked(objects.node(tables.nodes.nextRow(), pool, doc)),
    addJob: (doc) => marked(objects.job(tables.jobs.nextRow(), doc, emptyCounts())),
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

type Tables = Record<'pools' | 'nodes' | 'jobs', Table>;

function openTables(db: Database): Tables {
  return {
    pools: openTable(db, 'pools', ['document']),
    nodes: openTable(db, 'nodes', ['pool', 'document']),
    jobs: openTable(db, 'jobs', ['document', 'counts']),
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
}

function makers({ pools, nodes, jobs }: Tables, dataDir: string): Makers {
  return {
    pool(row, doc) {
      const save = (): void =>
        pool.removed ? pools.remove(row) : pools.save(row, JSON.stringify(pool.doc));
      const pool: Pool = { row, doc, nodes: new Map(), cancel: undefined, removed: false, save };
      return pool;
    },
    node(row, pool, doc) {
      const save = (): void =>
        node.removed ? nodes.remove(row) : nodes.save(row, pool.row, JSON.stringify(node.doc));
      const root = join(dataDir, 'nodes', doc.id);
      const live = { runs: new Set<never>(), usedSlots: 0, recent: [], removed: false };
      const node: Node = { row, pool, doc, root, ...live, save };
      pool.nodes.set(doc.id, node);
      return node;
    },
    job(row, doc, counts) {
      const save = (): void =>
        job.removed
          ? jobs.remove(row)
          : jobs.save(row, JSON.stringify(job.doc), JSON.stringify(job.counts));
      const live = { runs: new Set<never>(), ahead: new Map<never, never>(), removed: false };
      const job: Job = { row, doc, counts, ...live, cancelLimit: undefined, deleting: false, save };
      return job;
    },
  };
}

function load(
  db: Database,
  objects: Makers,
  { pools, jobs }: Pick<Account, 'pools' | 'jobs'>,
): void {
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
  for (const { row, document, counts } of db.prepare('select * from jobs').all()) {
    const doc = JSON.parse(String(document)) as JobDocument;
    jobs.set(
      doc.id.toLowerCase(),
      objects.job(Number(row), doc, JSON.parse(String(counts)) as Counts),
    );
  }
}
