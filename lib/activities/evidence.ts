import { list } from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { workContainer } from '../azure/storage.ts';
import { failedTasks, taskIds } from '../azure/tasks.ts';
import {
  attemptKey,
  type Evidence,
  indexRecords,
  type StoredFile,
  type TaskFailure,
} from '../plan/outcome.ts';
import { blockOf, blockPrefix, type PlannedTask } from '../plan/plan.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { type ItemRecord, parseRecord } from '../plan/record.ts';

/** Items up to which each is listed by itself, which costs two calls; more are listed by the blocks that they are in. */
const LISTED_ONE_BY_ONE = 8;
/** Tasks up to which each is asked for by itself when it left no trace. */
const ASKED_ONE_BY_ONE = 10;

/** Lists everything that tells what became of some tasks: records, outputs, and what Batch says of failed ones without. */
export async function gatherEvidence(
  run: string,
  job: string | null,
  tasks: PlannedTask[],
): Promise<Pick<Evidence, 'records' | 'outputs' | 'failures'>> {
  const prefixes = listingPrefixes(tasks);
  const [records, outputs] = await Promise.all([
    listRecords(prefixes.map((prefix) => `runs/${run}/records/${prefix}`)),
    listOutputs(`runs/${run}/out/`, prefixes),
  ]);
  // What Batch says of a task counts only for items that left no record.
  const untold = tasks.filter(({ attempt, items }) =>
    items.some(({ id }) => !records.has(attemptKey(id, attempt))),
  );
  const failures = job === null ? new Map<string, TaskFailure>() : await failuresAmong(job, untold);
  return { records, outputs, failures };
}

/** What the ids of the tasks' items begin with, so that listing by these finds them and little else. */
function listingPrefixes(tasks: PlannedTask[]): string[] {
  // Some tasks may have carried the same items, one after the other.
  const ids = [...new Set(tasks.flatMap(({ items }) => items.map(({ id }) => id)))];
  if (ids.length <= LISTED_ONE_BY_ONE) return ids;
  return [...new Set(ids.map((id) => blockPrefix(blockOf(id))))];
}

async function failuresAmong(job: string, tasks: PlannedTask[]): Promise<Map<string, TaskFailure>> {
  const failures = new Map<string, TaskFailure>();
  for (const prefix of taskPrefixes(tasks)) {
    for (const [task, failure] of await failedTasks(job, prefix)) failures.set(task, failure);
  }
  return failures;
}

/** Task ids begin with the number of the slab that they were planned in. */
function taskPrefixes(tasks: PlannedTask[]): Set<string> {
  return new Set(tasks.map(({ task }) => task.slice(0, task.indexOf('-') + 1)));
}

/** Tasks that were planned, left no trace at all, and that Batch does not have. */
export async function absentTasks(
  job: string,
  tasks: PlannedTask[],
  { records, failures }: Pick<Evidence, 'records' | 'failures'>,
): Promise<Set<string>> {
  const silent = tasks.filter(
    ({ task, attempt, items }) =>
      !failures.has(task) && !items.some(({ id }) => records.has(attemptKey(id, attempt))),
  );
  const few = silent.length <= ASKED_ONE_BY_ONE;
  const prefixes = few ? silent.map(({ task }) => task) : taskPrefixes(silent);
  const absent = new Set(silent.map(({ task }) => task));
  for (const prefix of prefixes) {
    for (const task of await taskIds(job, prefix)) absent.delete(task);
  }
  return absent;
}

/** Records under some prefixes of the work container, the better one where an attempt has two. */
export async function listRecords(prefixes: string[]): Promise<Map<string, ItemRecord>> {
  const records: ItemRecord[] = [];
  const work = await workContainer();
  for (const prefix of prefixes) {
    for await (const { name } of list(work, prefix)) {
      const record = parseRecord(name.slice(name.lastIndexOf('/') + 1));
      if (record) records.push(record);
    }
  }
  return indexRecords(records);
}

/** Output files under `folder`, by item and attempt; their names are relative to the attempt's folder. */
export async function listOutputs(
  folder: string,
  idPrefixes: string[],
): Promise<Map<string, StoredFile[]>> {
  const outputs = new Map<string, StoredFile[]>();
  const work = await workContainer();
  for (const prefix of idPrefixes) {
    for await (const { name, etag, size, md5 } of list(work, folder + prefix)) {
      const match = /^([^/]+)\/a(\d+)\/(.+)$/s.exec(name.slice(folder.length));
      if (!match) continue;
      const [, item = '', attempt, file = ''] = match;
      const key = attemptKey(item, Number(attempt));
      const stored = { name: file, url: blobUrl(WORK_CONTAINER, name), etag, size, md5 };
      const known = outputs.get(key);
      if (known) known.push(stored);
      else outputs.set(key, [stored]);
    }
  }
  for (const [key, files] of outputs) outputs.set(key, withoutFolders(files));
  return outputs;
}

/** Accounts with folders of their own list these too, as empty blobs. */
function withoutFolders(files: StoredFile[]): StoredFile[] {
  const folders = new Set<string>();
  for (const { name } of files) {
    for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1)) {
      folders.add(name.slice(0, end));
    }
  }
  return folders.size === 0
    ? files
    : files.filter(({ name, size }) => size > 0 || !folders.has(name));
}
