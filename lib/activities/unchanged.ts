import { listPipelineRuns } from '../store/run-index.ts';
import { workContainer } from '../azure/storage.ts';
import { list } from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { fingerprint, settingsHash } from '../plan/fingerprint.ts';
import { inputFile, type ManifestFile, type ManifestItem } from '../plan/manifest.ts';
import { MOST_ITEMS } from '../plan/fields/items.ts';
import type { ParamValues } from '../plan/fields/params.ts';
import { pastKeep } from '../plan/garbage.ts';
import { type Pipeline, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { Item } from '../plan/plan.ts';
import { readManifestItems } from '../store/manifests.ts';

/** Runs of the pipeline that are looked at, the newest first; what a run reuses stands in its own manifest too. */
const LOOK_BACK = 50;
/** Runs whose outputs one run may reuse: the merge has each of them staged. */
const MOST_SOURCES = 50;

/** What an earlier run made of the same piece of work. */
export interface Earlier {
  outputs: ManifestFile[];
  reused: NonNullable<ManifestItem['reused']>;
}

/** Finds what an item need not do again. */
export interface Unchanged {
  find(item: Item): Earlier | null;
  /** The entry of such an item in the manifest. */
  entry(item: Item, earlier: Earlier): ManifestItem;
}

/** Looks through the earlier runs of a pipeline that skips what is unchanged; null for one that does not. */
export async function unchangedSince(
  pipeline: Pipeline,
  params: ParamValues,
  now: number,
): Promise<Unchanged | null> {
  if (!pipeline.skipUnchanged) return null;
  const settings = settingsHash(pipeline, params);
  const earlier = await stillThere(await earlierItems(pipeline, now));
  return {
    find: (item) => earlier.get(fingerprint(settings, item)) ?? null,
    entry: (item, { outputs, reused }) => ({
      id: item.id,
      status: 'Succeeded',
      cause: null,
      message: null,
      signature: null,
      stderrTail: null,
      inputs: item.input
        ? [inputFile(item.input, blobUrl(item.input.container, item.input.name))]
        : [],
      range: item.range ?? null,
      values: item.values ?? {},
      outputs,
      attempts: [],
      fingerprint: fingerprint(settings, item),
      reused,
    }),
  };
}

/** The items that are to run; the others go to `keep`. */
export async function* withoutUnchanged(
  items: AsyncIterable<Item>,
  unchanged: Unchanged | null,
  keep: (entry: ManifestItem, item: Item) => Promise<void> | void,
): AsyncGenerator<Item> {
  for await (const item of items) {
    const earlier = unchanged?.find(item) ?? null;
    if (unchanged && earlier) await keep(unchanged.entry(item, earlier), item);
    else yield item;
  }
}

/** What runs before have made, by its fingerprint; of two the newer one. */
async function earlierItems(pipeline: Pipeline, now: number): Promise<Map<string, Earlier>> {
  const found = new Map<string, Earlier>();
  const sources = new Set<string>();
  for await (const { run, endedAt } of listPipelineRuns(pipeline.name, LOOK_BACK)) {
    // Such a run may be gone before this one has ended.
    if (pastKeep({ runs: pipeline.keep?.runs }, { endedAt, logsGone: true }, now)) continue;
    for await (const item of readManifestItems(run)) {
      if (item.status !== 'Succeeded' || item.fingerprint === undefined) continue;
      if (found.has(item.fingerprint)) continue;
      const attempt = item.attempts.at(-1)?.attempt ?? 1;
      const reused = item.reused ?? { run, item: item.id, attempt };
      if (!sources.has(reused.run) && sources.size === MOST_SOURCES) continue;
      sources.add(reused.run);
      found.set(item.fingerprint, { outputs: item.outputs, reused });
      if (found.size === MOST_ITEMS) return found;
    }
  }
  return found;
}

/** Without what is gone from storage, or is there in another version; one listing for each run. */
async function stillThere(found: Map<string, Earlier>): Promise<Map<string, Earlier>> {
  const runs = new Set([...found.values()].map(({ reused }) => reused.run));
  const there = new Set<string>();
  const work = await workContainer();
  for (const run of runs) {
    for await (const { name, etag } of list(work, `runs/${run}/out/`)) {
      there.add(`${blobUrl(WORK_CONTAINER, name)} ${etag}`);
    }
  }
  const whole = ({ outputs }: Earlier): boolean =>
    outputs.every(({ url, etag }) => there.has(`${url} ${etag}`));
  return new Map([...found].filter(([, earlier]) => whole(earlier)));
}
