import { readTail, stat } from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { workContainer } from '../azure/storage.ts';
import type { FailureCause } from '../plan/failure.ts';
import type { ManifestItem } from '../plan/manifest.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { Failure } from '../plan/retry.ts';
import { type FailureGroup, groupOf } from '../plan/signature.ts';
import { eachLimited } from '../store/concurrency.ts';

/** What a manifest shows of stderr, in bytes. */
export const TAIL_BYTES = 4096;
/** Failures of one signature whose stderr stands in a part; that of the others is fetched when asked for. */
const TAILS_PER_SIGNATURE = 100;
const IN_FLIGHT = 16;

/** A failed item's entry, which gets its signature and what it printed last. */
export interface Failed {
  entry: ManifestItem;
  /** Whether the last attempt left a record, which tells what it printed. */
  recorded: boolean;
  failure: Failure;
  group: FailureGroup | null;
}

/** Causes of items that nothing was tried with, so that they printed nothing. */
const UNTRIED: ReadonlySet<FailureCause> = new Set(['Cancelled', 'NotRun', 'StartTask']);

/** Reads what failed items printed last, and puts them into groups by it. */
export async function describeFailures(run: string, failed: Failed[]): Promise<void> {
  const texts = new Map<string, string>();
  const read = failed.filter(({ failure }) => !UNTRIED.has(failure.cause));
  await eachLimited(read, IN_FLIGHT, async (each) => {
    const { entry } = each;
    if (!each.recorded) await findLogs(run, entry);
    const text = await lastWords(run, entry);
    if (text !== null) texts.set(entry.id, text);
  });
  const shown = new Map<string, number>();
  for (const each of failed) {
    const { entry, failure } = each;
    const tail = texts.get(entry.id) ?? null;
    const said = UNTRIED.has(failure.cause) ? null : (tail ?? entry.message);
    each.group = groupOf({
      item: entry.id,
      input: entry.inputs[0]?.name ?? '',
      cause: failure.cause,
      exitCode: failure.exitCode,
      text: said,
    });
    const { signature } = each.group;
    const before = shown.get(signature) ?? 0;
    entry.signature = signature;
    if (before < TAILS_PER_SIGNATURE) entry.stderrTail = tail;
    shown.set(signature, before + 1);
  }
}

/** Names what the last attempt printed where its task's script was killed with it, so that no record tells. */
async function findLogs(run: string, { id, attempts }: ManifestItem): Promise<void> {
  const last = attempts.at(-1);
  if (!last) return;
  const work = await workContainer();
  for (const stream of ['stdout', 'stderr'] as const) {
    const name = itemLog(run, id, last.attempt, stream);
    if ((await stat(work, name))?.size) last[stream] = blobUrl(WORK_CONTAINER, name);
  }
}

/** The end of an item's stderr, or else of its task's, which tells why nothing became of the item. */
async function lastWords(run: string, { id, attempts }: ManifestItem): Promise<string | null> {
  const last = attempts.at(-1);
  if (!last) return null;
  const work = await workContainer();
  if (last.stderr !== null) {
    const own = itemLog(run, id, last.attempt, 'stderr');
    return (await readTail(work, own, TAIL_BYTES))?.text ?? null;
  }
  const name = `runs/${run}/logs/${last.task}/stderr.txt`;
  const found = await readTail(work, name, TAIL_BYTES);
  if (!found || found.text === '') return null;
  last.stderr = blobUrl(WORK_CONTAINER, name);
  return found.text;
}

/** The blob that keeps what an attempt printed. */
export function itemLog(
  run: string,
  item: string,
  attempt: number,
  stream: 'stdout' | 'stderr',
): string {
  return `runs/${run}/logs/${item}/a${attempt}/${stream}.txt`;
}
