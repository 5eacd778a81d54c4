/** How an item's command ended, as the task script writes it into the record's name. */
const CAUSES = [
  'ok',
  'exit',
  'timeout',
  'nooutput',
  'noshell',
  'nocurl',
  'input',
  'changed',
] as const;

export type RecordCause = (typeof CAUSES)[number];

/** What one attempt at one item left behind; `start` and `end` are seconds since 1970. */
export interface ItemRecord {
  item: string;
  attempt: number;
  exit: number;
  cause: RecordCause;
  /** Output files that were promised and found. */
  outputs: number;
  start: number;
  end: number;
  /** Which of stdout and stderr had anything in it. */
  stdout: boolean;
  stderr: boolean;
}

const NAME = /^(merge|\d{6,})\.(\d+)\.(\d+)\.([a-z]+)\.(\d+)\.(\d+)\.(\d+)\.(none|out|err|both)$/;

/** Reads `{item}.{attempt}.{exit}.{cause}.{outputs}.{start}.{end}.{logs}`; null for a name that is not a record's. */
export function parseRecord(name: string): ItemRecord | null {
  const match = NAME.exec(name);
  if (!match) return null;
  const [, item = '', attempt, exit, cause = '', outputs, start, end, logs = ''] = match;
  const known = CAUSES.find((candidate) => candidate === cause);
  if (!known) return null;
  return {
    item,
    attempt: Number(attempt),
    exit: Number(exit),
    cause: known,
    outputs: Number(outputs),
    start: Number(start),
    end: Number(end),
    stdout: logs === 'out' || logs === 'both',
    stderr: logs === 'err' || logs === 'both',
  };
}

/** The name of a record, as the task script writes it. */
export function recordName(record: ItemRecord): string {
  const { item, attempt, exit, cause, outputs, start, end } = record;
  const out = record.stdout ? 'out' : 'none';
  const logs = record.stderr ? (record.stdout ? 'both' : 'err') : out;
  return [item, attempt, exit, cause, outputs, start, end, logs].join('.');
}

/** Of two records of one attempt (a task that ran twice) success wins, then the later. */
export function better(a: ItemRecord, b: ItemRecord): ItemRecord {
  if ((a.cause === 'ok') !== (b.cause === 'ok')) return a.cause === 'ok' ? a : b;
  return b.end > a.end ? b : a;
}
