import { list } from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { container, workContainer } from '../azure/storage.ts';
import { failedTasks, taskExists } from '../azure/tasks.ts';
import { attemptKey, type Evidence, indexRecords, type StoredFile } from '../plan/outcome.ts';
import type { Item, Plan, PlannedTask, Round, Slab } from '../plan/plan.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { type ItemRecord, parseRecord } from '../plan/record.ts';
import { readRunJson, readRunLines } from '../store/runs.ts';
import { runPlan } from './plan.ts';

/** What is asked about: a run, its job if it has one, the items of concern and the ids they begin with. */
export interface Question {
  run: string;
  job: string | null;
  items: Item[];
  /** Common beginning of the items' ids; narrows the listings. */
  idPrefix: string;
}

/** Lists everything that tells what became of some items: records, outputs, failed tasks, inputs as they are now. */
export async function gatherEvidence(question: Question): Promise<Omit<Evidence, 'absent'>> {
  const { run, job, items, idPrefix } = question;
  const [records, outputs, failures, inputs] = await Promise.all([
    listRecords(`runs/${run}/records/${idPrefix}`),
    listOutputs(`runs/${run}/out/`, idPrefix),
    job === null ? new Map() : failedTasks(job),
    listInputs(items),
  ]);
  return { records, outputs, failures, inputs };
}

/** Every slab of a run, the plan's and then each round's, in the order in which they were committed. */
export async function allSlabs(run: string): Promise<Slab[]> {
  const { slabs }: Plan = await runPlan(run);
  const all = [...slabs];
  for (let round = 2; ; round++) {
    const committed = await readRunJson<Round>(run, `rounds/${round}.json`);
    if (!committed) return all;
    all.push(...committed.slabs);
  }
}

/** For each item of a run whose id begins so, the task that carried it last. */
export async function lastTasks(
  run: string,
  idPrefix: string,
): Promise<Map<string, { item: Item; planned: PlannedTask }>> {
  const last = new Map<string, { item: Item; planned: PlannedTask }>();
  for (const slab of await allSlabs(run)) {
    for (const planned of await readRunLines<PlannedTask>(run, slab.blob)) {
      for (const item of planned.items) {
        if (item.id.startsWith(idPrefix)) last.set(item.id, { item, planned });
      }
    }
  }
  return last;
}

/** Tasks that were planned, left no record at all, and that Batch does not have. */
export async function absentTasks(
  job: string,
  planned: PlannedTask[],
  evidence: Omit<Evidence, 'absent'>,
): Promise<Set<string>> {
  const absent = new Set<string>();
  for (const { task, attempt, items } of planned) {
    const told = items.some(({ id }) => evidence.records.has(attemptKey(id, attempt)));
    if (told || evidence.failures.has(task)) continue;
    if (!(await taskExists(job, task))) absent.add(task);
  }
  return absent;
}

/** Records under a prefix of the work container, the better one where an attempt has two. */
export async function listRecords(prefix: string): Promise<Map<string, ItemRecord>> {
  const records: ItemRecord[] = [];
  for await (const { name } of list(await workContainer(), prefix)) {
    const record = parseRecord(name.slice(name.lastIndexOf('/') + 1));
    if (record) records.push(record);
  }
  return indexRecords(records);
}

/** Output files under `folder`, by item and attempt; their names are relative to the attempt's folder. */
export async function listOutputs(
  folder: string,
  idPrefix: string,
): Promise<Map<string, StoredFile[]>> {
  const outputs = new Map<string, StoredFile[]>();
  for await (const { name, etag, size, md5 } of list(await workContainer(), folder + idPrefix)) {
    const match = /^([^/]+)\/a(\d+)\/(.+)$/s.exec(name.slice(folder.length));
    if (!match) continue;
    const [, item = '', attempt, file = ''] = match;
    const key = attemptKey(item, Number(attempt));
    const stored = { name: file, url: blobUrl(WORK_CONTAINER, name), etag, size, md5 };
    outputs.set(key, [...(outputs.get(key) ?? []), stored]);
  }
  return outputs;
}

/** Inputs are in the order of their names, so the first and the last tell where to list. */
async function listInputs(
  items: Item[],
): Promise<Map<string, { etag: string; changedAt: number }>> {
  const now = new Map<string, { etag: string; changedAt: number }>();
  const wanted = new Set(items.map(({ input }) => input.name));
  const [first] = items;
  const last = items.at(-1);
  if (!first || !last) return now;
  const prefix = commonPrefix(first.input.name, last.input.name);
  for await (const { name, etag, changedAt } of list(
    await container(first.input.container),
    prefix,
  )) {
    if (wanted.has(name)) now.set(name, { etag, changedAt: Math.floor(changedAt / 1000) });
  }
  return now;
}

/** Cut before a half character, which no listing could be asked for. */
function commonPrefix(a: string, b: string): string {
  const [left, right] = [[...a], [...b]];
  const length = left.findIndex((character, index) => character !== right[index]);
  return left.slice(0, length === -1 ? left.length : length).join('');
}
