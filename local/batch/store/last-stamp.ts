import type { Stamp } from '../time/stamp.ts';
import type { Database } from './database.ts';

/** Keeps the last stamp that was given, so that stamps only grow, across restarts and whatever the wall clock does. */
export interface LastStamp {
  /** 0 in a new data directory. */
  read(): Stamp;
  /** Into the open transaction. */
  save(stamp: Stamp): void;
}

/** Prepares the statements on the kept stamp. */
export function openLastStamp(db: Database): LastStamp {
  const read = db.prepare("select value from settings where name = 'stamp'");
  const save = db.prepare(
    "insert into settings (name, value) values ('stamp', ?) on conflict (name) do update set value = excluded.value",
  );
  return {
    read: () => Number(read.get()?.value ?? 0),
    save: (stamp) => void save.run(stamp),
  };
}
