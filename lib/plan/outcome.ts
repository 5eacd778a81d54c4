import { causeOfRest, type FailureCause } from './failure.ts';
import { type Input, type Item, type PlannedTask, stagingOf } from './plan.ts';
import { better, type ItemRecord, type RecordCause } from './record.ts';
import { type Failure, goesAgain, isRetried, type RetryRule } from './retry.ts';
import type { RunError } from './run.ts';

/** A blob that an item left, or that it was made of; `md5` in base64, null where storage has none. */
export interface StoredFile {
  name: string;
  url: string;
  etag: string;
  size: number;
  md5: string | null;
}

/** What became of an item in one task. */
export interface Outcome {
  item: Item;
  planned: PlannedTask;
  status: 'Succeeded' | 'Failed' | 'Cancelled';
  cause: FailureCause | null;
  /** What Batch or storage said, where they said something, and Batch's code for it. */
  message: string | null;
  code: string | null;
  /** What the item recorded there. */
  record: ItemRecord | null;
  /** What Batch knows of the task, where it failed. */
  task: TaskFailure | null;
  /** Whether there was an attempt at all: a task that never started is none. */
  attempted: boolean;
  outputs: StoredFile[];
}

/** A completed task that failed, as Batch tells it; times in ISO 8601. */
export interface TaskFailure {
  code: string;
  message: string;
  exitCode: number | null;
  startedAt: string | null;
  endedAt: string | null;
}

/** Everything that was listed after the tasks were done. */
export interface Evidence {
  /** Records by `{item}.{attempt}`. */
  records: ReadonlyMap<string, ItemRecord>;
  /** Output files by `{item}.{attempt}`. */
  outputs: ReadonlyMap<string, StoredFile[]>;
  /** Failed tasks by task id. */
  failures: ReadonlyMap<string, TaskFailure>;
  /** Inputs that are not as planned, by `inputKey`; `changedAt` in seconds since 1970. */
  changed: ReadonlyMap<string, { etag: string; changedAt: number }>;
  /** Tasks that Batch does not have, though they were planned. */
  absent: ReadonlySet<string>;
  /** Why the run broke off; what was not done by then is accounted to that. */
  brokenOff: RunError | null;
}

/** What a planned task comes to. */
export interface TaskVerdict {
  /** Outcomes that stand. */
  outcomes: Outcome[];
  /** Failures that the retry rule gives another attempt. */
  retried: Outcome[];
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
  nocurl: 'NoCurl',
  input: 'Input',
  changed: 'InputChanged',
};

const STAGING = /^(Blob|Resource|ApplicationPackage)/;
const UPLOADING = /^FileUpload/;

/** The cause that a record stands for, when it is of a failure. */
export function causeOfRecord(cause: RecordCause): FailureCause | null {
  return cause === 'ok' ? null : FROM_RECORD[cause];
}

/** The key of one attempt at one item in the listings. */
export function attemptKey(item: string, attempt: number): string {
  return `${item}.${attempt}`;
}

/** A blob's key among those that changed. */
export function inputKey({ container, name }: Pick<Input, 'container' | 'name'>): string {
  return `${container}/${name}`;
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
export function judge(planned: PlannedTask, evidence: Evidence, rule: RetryRule): TaskVerdict {
  if (evidence.absent.has(planned.task)) {
    return { outcomes: [], retried: [], addAgain: true, split: [] };
  }
  const failure = evidence.failures.get(planned.task);
  const splits = planned.items.length > 1 && STAGING.test(failure?.code ?? '');
  const split = splits ? planned.items.filter((item) => !recordOf(item, planned, evidence)) : [];
  const judged = planned.items
    .filter((item) => !split.includes(item))
    .map((item) => itemOutcome(item, planned, evidence));
  const again = (outcome: Outcome): boolean => goesOn(outcome, rule);
  return {
    outcomes: judged.filter((outcome) => !again(outcome)),
    retried: judged.filter(again),
    addAgain: false,
    split,
  };
}

function goesOn(outcome: Outcome, rule: RetryRule): boolean {
  const failure = failureOf(outcome);
  return failure !== null && goesAgain(rule, failure, outcome.planned.tried + 1);
}

/** Whether a record tells of a failure that the rule never tries again. */
export function isFinalFailure({ cause, exit }: ItemRecord, rule: RetryRule): boolean {
  if (cause === 'ok') return false;
  return !isRetried(rule, { cause: FROM_RECORD[cause], exitCode: exit, code: null });
}

/** A failed outcome as the retry rule and a signature see it; null for one that is none. */
export function failureOf({ cause, code, record, task }: Outcome): Failure | null {
  if (!cause) return null;
  return { cause, code, exitCode: record?.exit ?? task?.exitCode ?? null };
}

/** Judges one item by one task that carried it. */
export function itemOutcome(item: Item, planned: PlannedTask, evidence: Evidence): Outcome {
  const record = recordOf(item, planned, evidence) ?? null;
  const task = evidence.failures.get(planned.task) ?? null;
  const outputs = evidence.outputs.get(attemptKey(item.id, planned.attempt)) ?? [];
  const judgement = record
    ? recorded(item, record, outputs, evidence)
    : unrecorded(task, evidence.brokenOff);
  const attempted = record !== null || judgement.attempted || (task?.startedAt ?? null) !== null;
  const status = statusOf(judgement.cause);
  return { item, planned, record, task, outputs, code: null, ...judgement, status, attempted };
}

function recordOf(item: Item, planned: PlannedTask, evidence: Evidence): ItemRecord | undefined {
  return evidence.records.get(attemptKey(item.id, planned.attempt));
}

function statusOf(cause: FailureCause | null): Outcome['status'] {
  if (cause === null) return 'Succeeded';
  return cause === 'Cancelled' ? 'Cancelled' : 'Failed';
}

interface Judgement {
  cause: FailureCause | null;
  message: string | null;
  code?: string;
  attempted?: boolean;
}

/** An item succeeded when its record says so and that many outputs are listed: more are of a task that ran twice. */
function recorded(
  item: Item,
  record: ItemRecord,
  outputs: StoredFile[],
  evidence: Evidence,
): Judgement {
  const { input } = item;
  // Only what Batch stages may be of another version than planned.
  const now = input && stagingOf(item) === 'file' ? evidence.changed.get(inputKey(input)) : null;
  if (input && now && now.etag !== input.etag && now.changedAt <= record.start) {
    const message = `planned version ${input.etag}, but the blob was ${now.etag} by then`;
    return { cause: 'InputChanged', message };
  }
  if (record.cause !== 'ok') return { cause: FROM_RECORD[record.cause], message: null };
  if (outputs.length !== record.outputs) {
    const message = `${record.outputs} outputs were made, ${outputs.length} are in storage`;
    return { cause: 'Upload', message };
  }
  return { cause: null, message: null };
}

/** Without a record the task has to answer for the item, or whatever made the run break off. */
function unrecorded(failure: TaskFailure | null, brokenOff: RunError | null): Judgement {
  if (brokenOff && (!failure || failure.code === 'TaskEnded')) {
    return { cause: causeOfRest(brokenOff.code), message: brokenOff.message, attempted: false };
  }
  if (!failure) {
    const message = 'the task ended without a record of this item';
    return { cause: 'Node', message, attempted: true };
  }
  const message = `${failure.code}: ${failure.message}`;
  return { cause: causeOfTask(failure.code), message, code: failure.code, attempted: true };
}

/** The cause that Batch's own code stands for. */
export function causeOfTask(code: string): FailureCause {
  if (STAGING.test(code)) return 'Input';
  if (UPLOADING.test(code)) return 'Upload';
  if (code === 'TaskEnded') return 'Timeout';
  return code === 'MaxInternalRetryCountReached' ? 'PreemptedTooOften' : 'Node';
}
