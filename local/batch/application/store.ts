import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from '../store/database.ts';
import type { Stamp } from '../time/stamp.ts';

/** An application: a name under which versions of a package are kept. */
export interface Application {
  id: string;
  displayName: string | undefined;
  /** Whether versions may be overwritten. */
  allowUpdates: boolean;
  /** The version that is meant when none is named. */
  defaultVersion: string | undefined;
}

/** One version of an application; only an active one can be used by pools and tasks. */
export interface ApplicationPackage {
  applicationId: string;
  version: string;
  state: 'pending' | 'active';
  format: string | undefined;
  created: Stamp;
  activated: Stamp | undefined;
}

/** Application packages: what is known of them in the database, their bytes in `{data-dir}/applications/{id}/{version}.zip`. */
export interface ApplicationStore {
  /** Adds an application, or changes the given properties of the one that is there. */
  putApplication(id: string, change: Partial<Omit<Application, 'id'>>): Application;
  getApplication(id: string): Application | undefined;
  /** Ordered by id. */
  listApplications(): Application[];
  /** Also deletes its packages. */
  deleteApplication(id: string): void;
  /** Makes a version pending: its bytes are expected at `path`, whose directory is there then. */
  add(applicationId: string, version: string, now: Stamp): void;
  /** Lets pools and tasks use a version; undefined when it was never added. */
  activate(
    applicationId: string,
    version: string,
    activation: { format: string; now: Stamp },
  ): ApplicationPackage | undefined;
  /** A version, or the default one. */
  get(applicationId: string, version?: string): ApplicationPackage | undefined;
  /** Ordered by version. */
  list(applicationId: string): ApplicationPackage[];
  delete(applicationId: string, version: string): void;
  /** Where the bytes of a version are. */
  path(applicationId: string, version: string): string;
}

/** Whether a text can be the id of an application. */
export function isApplicationId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}

/** Whether a text can be a version: also never a step in a path. */
export function isApplicationVersion(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text) && !/^\.+$/.test(text);
}

/** Opens the tables of application packages; changes become durable with the database's next commit. */
export function openApplicationStore(db: Database, dataDir: string): ApplicationStore {
  const statements = prepare(db);
  const path = (id: string, version: string): string =>
    join(dataDir, 'applications', id.toLowerCase(), `${version.toLowerCase()}.zip`);
  const store: ApplicationStore = {
    path,
    putApplication(id, change) {
      requireNames(id);
      const before = store.getApplication(id);
      const now = { ...(before ?? { ...newApplication, id }), ...change };
      db.begin();
      statements.putApplication.run(
        now.id,
        now.displayName ?? null,
        Number(now.allowUpdates),
        now.defaultVersion ?? null,
      );
      return now;
    },
    getApplication: (id) => asApplication(statements.getApplication.get(id)),
    listApplications: () =>
      statements.listApplications.all().flatMap((row) => asApplication(row) ?? []),
    deleteApplication(id) {
      for (const { version } of store.list(id)) store.delete(id, version);
      db.begin();
      statements.deleteApplication.run(id);
    },
    add(applicationId, version, now) {
      requireNames(applicationId, version);
      mkdirSync(dirname(path(applicationId, version)), { recursive: true });
      db.begin();
      statements.add.run(applicationId, version, now);
    },
    activate(applicationId, version, { format, now }) {
      db.begin();
      statements.activate.run(format, now, applicationId, version);
      return store.get(applicationId, version);
    },
    get(applicationId, version) {
      const wanted = version ?? store.getApplication(applicationId)?.defaultVersion;
      return wanted === undefined
        ? undefined
        : asPackage(statements.get.get(applicationId, wanted));
    },
    list: (applicationId) =>
      statements.list.all(applicationId).flatMap((row) => asPackage(row) ?? []),
    delete(applicationId, version) {
      db.begin();
      statements.delete.run(applicationId, version);
      rmSync(path(applicationId, version), { force: true });
    },
  };
  return store;
}

const newApplication = { displayName: undefined, allowUpdates: true, defaultVersion: undefined };

function requireNames(id: string, version?: string): void {
  if (!isApplicationId(id)) throw new Error(`${id} cannot be the id of an application.`);
  if (version !== undefined && !isApplicationVersion(version)) {
    throw new Error(`${version} cannot be the version of an application.`);
  }
}

const schema = [
  `create table if not exists applications (
    id text primary key collate nocase, displayName text, allowUpdates integer not null, defaultVersion text) strict`,
  `create table if not exists packages (
    application text not null collate nocase, version text not null collate nocase, state text not null, format text,
    created integer not null, activated integer, primary key (application, version)) strict`,
];

function prepare(db: Database) {
  for (const statement of schema) db.prepare(statement).run();
  return {
    putApplication: db.prepare(
      `insert into applications values (?, ?, ?, ?) on conflict (id) do update set
       displayName = excluded.displayName, allowUpdates = excluded.allowUpdates, defaultVersion = excluded.defaultVersion`,
    ),
    getApplication: db.prepare('select * from applications where id = ?'),
    listApplications: db.prepare('select * from applications order by id'),
    deleteApplication: db.prepare('delete from applications where id = ?'),
    add: db.prepare(
      `insert into packages values (?, ?, 'pending', null, ?, null) on conflict (application, version) do update set
       state = 'pending', format = null, created = excluded.created, activated = null`,
    ),
    activate: db.prepare(
      `update packages set state = 'active', format = ?, activated = ? where application = ? and version = ?`,
    ),
    get: db.prepare('select * from packages where application = ? and version = ?'),
    list: db.prepare('select * from packages where application = ? order by version'),
    delete: db.prepare('delete from packages where application = ? and version = ?'),
  };
}

type Row = Record<string, string | number | null> | undefined;

function asApplication(row: unknown): Application | undefined {
  const found = row as Row;
  if (found === undefined) return undefined;
  return {
    id: String(found.id),
    displayName: textOf(found.displayName),
    allowUpdates: found.allowUpdates === 1,
    defaultVersion: textOf(found.defaultVersion),
  };
}

function asPackage(row: unknown): ApplicationPackage | undefined {
  const found = row as Row;
  if (found === undefined) return undefined;
  return {
    applicationId: String(found.application),
    version: String(found.version),
    state: found.state === 'active' ? 'active' : 'pending',
    format: textOf(found.format),
    created: Number(found.created),
    activated: typeof found.activated === 'number' ? found.activated : undefined,
  };
}

function textOf(value: string | number | null | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
