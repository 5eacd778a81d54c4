import type { Item, PlannedTask } from './plan.ts';
import { better, type ItemRecord, type RecordCause } from './record.ts';

/** Why an item failed, in the words of the manifest. */
export type FailureCause =
  /** The command ended with a code other than 0. */
  | 'ExitCode'
  /** The command ran longer than the pipeline allows. */
  | 'Timeout'
  /** The command ended well without a promised output. */
  | 'NoOutput'
  /** The node has no such shell. */
  | 'NoShell'
  /** The input could not be staged. */
  | 'Input'
  /** The input was overwritten between the drop and the run. */
  | 'InputChanged'
  /** Outputs were made but not all of them reached storage. */
  | 'Upload'
  /** The task ended without saying what became of the item. */
  | 'Node'
  /** The run ended before the item's turn. */
  | 'NotRun';

/** A blob that an item left, or that it was made of; `md5` in base64, null where storage has none. */
export interface StoredFile {
  name: string;
  url: string;
  etag: string;
  size: number;
  md5: string | null;
}

/** What became of an item. */
export interface Outcome {
  item: Item;
  status: 'Succeeded' | 'Failed';
  cause: FailureCause | null;
  /** What Batch or storage said, where they said something. */
  message: string | null;
  /** The task that carried it last, and what it recorded there. */
  task: string | null;
  record: ItemRecord | null;
  outputs: StoredFile[];
}

/** A completed task that failed, as Batch tells it. */
export interface TaskFailure {
  code: string;
  message: string;
}

/** Everything that was listed after the tasks were done. */
export interface Evidence {
  /** Records by `{item}.{attempt}`. */
  records: ReadonlyMap<string, ItemRecord>;
  /** Output files by `{item}.{attempt}`. */
  outputs: ReadonlyMap<string, StoredFile[]>;
  /** Failed tasks by task id. */
  failures: ReadonlyMap<string, TaskFailure>;
  /** Inputs as they are now, by blob name; `changedAt` in seconds since 1970. */
  inputs: ReadonlyMap<string, { etag: string; changedAt: number }>;
  /** Tasks that Batch does not have, though they were planned. */
  absent: ReadonlySet<string>;
}

/** What a planned task comes to: outcomes, or items that must go again because nothing was tried. */
export interface TaskVerdict {
  outcomes: Outcome[];
  /** The task was never added, so it is added again as it is. */
  addAgain: boolean;
  /** Items of a pack that could not be staged together go again, each alone, uncharged. */
  split: Item[];
}

const FROM_RECORD: Record<Exclude<RecordCause, 'ok'>, FailureCause> = {
  exit: 'ExitCode',
  timeout: 'Timeout',
  nooutput: 'NoOutput',
  noshell: 'NoShell',
};

const STAGING = /^(Blob|Resource)/;
const UPLOADING = /^FileUpload/;

/** The key of one attempt at one item in the listings. */
export function attemptKey(item: string, attempt: number): string {
  return `${item}.${attempt}`;
}

/** Gathers records; of two for one attempt the better one counts. */
export function indexRecords(records: Iterable<ItemRecord>): Map<string, ItemRecord> {
  const index = new Map<string, ItemRecord>();
  for (const record of records) {
    const key = attemptKey(record.item, record.attempt);
    const other = index.get(key);
    index.set(key, other ? better(other, record) : record);
  }
  return index;
}

/** Judges one planned task by what was listed. */
export function judge(planned: PlannedTask, evidence: Evidence): TaskVerdict {
  if (evidence.absent.has(planned.task)) return { outcomes: [], addAgain: true, split: [] };
  const silent = planned.items.filter(
    (item) => !evidence.records.has(attemptKey(item.id, planned.attempt)),
  );
  const failure = evidence.failures.get(planned.task);
  if (planned.items.length > 1 && silent.length > 0 && failure && STAGING.test(failure.code)) {
    const told = planned.items.filter((item) => !silent.includes(item));
    const outcomes = told.map((item) => itemOutcome(item, planned, evidence));
    return { outcomes, addAgain: false, split: silent };
  }
  const outcomes = planned.items.map((item) => itemOutcome(item, planned, evidence));
  return { outcomes, addAgain: false, split: [] };
}

/** The outcome of an item that the run never came to. */
export function notRun(item: Item, message: string): Outcome {
  return {
    item,
    status: 'Failed',
    cause: 'NotRun',
    message,
    task: null,
    record: null,
    outputs: [],
  };
}

/** Judges one item by the task that carried it last. */
export function itemOutcome(item: Item, planned: PlannedTask, evidence: Evidence): Outcome {
  const key = attemptKey(item.id, planned.attempt);
  const record = evidence.records.get(key) ?? null;
  const outputs = evidence.outputs.get(key) ?? [];
  const base = { item, task: planned.task, record, outputs };
  const { cause, message } = record
    ? recorded(item, record, outputs, evidence)
    : unrecorded(evidence.failures.get(planned.task));
  if (!cause) return { ...base, status: 'Succeeded', cause: null, message: null };
  return { ...base, status: 'Failed', cause, message };
}

type Judgement = { cause: FailureCause | null; message: string | null };

/** An item succeeded when its record says so and that many outputs are listed. */
function recorded(
  item: Item,
  record: ItemRecord,
  outputs: StoredFile[],
  evidence: Evidence,
): Judgement {
  const now = evidence.inputs.get(item.input.name);
  if (now && now.etag !== item.input.etag && now.changedAt <= record.start) {
    const message = `planned version ${item.input.etag}, but the blob was ${now.etag} by then`;
    return { cause: 'InputChanged', message };
  }
  if (record.cause !== 'ok') return { cause: FROM_RECORD[record.cause], message: null };
  if (outputs.length < record.outputs) {
    const message = `${record.outputs} outputs were made, ${outputs.length} are in storage`;
    return { cause: 'Upload', message };
  }
  return { cause: null, message: null };
}

/** Without a record the task has to answer for the item. */
function unrecorded(failure: TaskFailure | undefined): Judgement {
  if (!failure) return { cause: 'Node', message: 'the task ended without a record of this item' };
  const message = `${failure.code}: ${failure.message}`;
  if (STAGING.test(failure.code)) return { cause: 'Input', message };
  if (UPLOADING.test(failure.code)) return { cause: 'Upload', message };
  if (failure.code === 'TaskEnded') return { cause: 'Timeout', message };
  return { cause: 'Node', message };
}
