/**
 * The layout of a data directory, as the steps that lead to it: step n takes a directory of version
 * n to n + 1, in one transaction. A step that has been released is never changed.
 */
export const schemaSteps = [
  `CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, generation INTEGER NOT NULL,
    name TEXT NOT NULL, version TEXT, status TEXT NOT NULL, input TEXT NOT NULL, output TEXT,
    custom_status TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, parent TEXT
  ) WITHOUT ROWID;
  CREATE INDEX instances_by_status ON instances (status, created_at);
  CREATE TABLE history (
    instance_id TEXT NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, generation, seq)
  ) WITHOUT ROWID;
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, event TEXT NOT NULL
  );
  CREATE INDEX inbox_by_instance ON inbox (instance_id, id);
  CREATE TABLE activities (
    instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
    name TEXT NOT NULL, input TEXT,
    PRIMARY KEY (instance_id, execution_id, task_id)
  ) WITHOUT ROWID;
  CREATE TABLE timers (
    instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
    fire_at INTEGER NOT NULL,
    PRIMARY KEY (instance_id, execution_id, task_id)
  ) WITHOUT ROWID;
  CREATE INDEX timers_by_time ON timers (fire_at);
  CREATE TABLE schedules (name TEXT PRIMARY KEY, status TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE entities (
    entity_id TEXT PRIMARY KEY, state TEXT, last_operation_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE entity_inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, entity_id TEXT NOT NULL, message TEXT NOT NULL
  );
  CREATE INDEX entity_inbox_by_entity ON entity_inbox (entity_id, id)`,
];

/** The version this host reads and writes; older ones are brought to it, newer ones refused. */
export const schemaVersion = schemaSteps.length;
