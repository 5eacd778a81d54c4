import { list } from '../azure/blobs.ts';
import { existingContainer } from '../azure/download.ts';
import { accountInUse, accountQuota } from '../azure/quota.ts';
import { addressable } from '../azure/sas.ts';
import { getSettings } from '../azure/settings.ts';
import { statusOf } from '../azure/storage.ts';
import { messageOf, SluiceError } from '../errors.ts';
import type { AskedInput } from '../plan/asked-inputs.ts';
import { type Drop, matcher } from '../plan/drop.ts';
import type { ManifestItem } from '../plan/manifest.ts';
import { takesTurns } from '../plan/fields/concurrency.ts';
import type { ParamValues } from '../plan/fields/params.ts';
import { resolveParams } from '../plan/params.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import type { Item } from '../plan/plan.ts';
import type { Preview } from '../plan/preview-schema.ts';
import { addTasks, NOTHING, sizeUp, type Tally } from '../plan/preview.ts';
import { type Prices, readPrices } from '../plan/prices.ts';
import { judgeQuota, type QuotaVerdict, unknown } from '../plan/quota.ts';
import { variables } from '../plan/variables.ts';
import { hashOf, knownHashes, listAside, listPending } from '../store/ledger.ts';
import { pauseOf } from '../store/pauses.ts';
import { runningRun } from '../store/turns.ts';
import { resolveInputs } from './ask-inputs.ts';
import { slabsOf } from './plan.ts';
import { type Given, itemsFrom, type Skip } from './sources.ts';
import { unchangedSince, withoutUnchanged } from './unchanged.ts';

/** A run that somebody thinks of. */
export interface PlanAsk {
  pipeline: Pipeline;
  params: Record<string, string | number | boolean>;
  /** Null when the pipeline says itself what its items are, or takes the blobs that are there. */
  inputs: AskedInput[] | null;
}

/** Milliseconds after which no more items are looked at: whoever asks waits for the answer. */
const LOOK_MS = 20_000;
/** Blobs named for each reason. */
const MOST_EXAMPLES = 20;

/** What a run would be if it were asked for at `now`, in milliseconds since 1970. It writes nothing. */
export async function previewRun(ask: PlanAsk, now: number): Promise<Preview> {
  const { pipeline } = ask;
  const { values, faults } = resolveParams(pipeline.params, ask.params);
  if (faults.length > 0) throw new SluiceError('InvalidParams', faults.join(' '));
  const left = leftOut();
  const given = await givenTo(ask, now, left.skip);
  const { tally, complete } = await addUp(given, { pipeline, values, skip: left.skip, now });
  const prices = readPrices(getSettings().prices);
  const { pool, nodeHours, cost } = sizeUp(pipeline, { ...tally, complete }, prices);
  return {
    pipeline: pipeline.name,
    complete,
    items: tally.items,
    tasks: tally.tasks,
    skipped: left.reasons(),
    command: pipeline.tasks.command,
    first: tally.first,
    pool,
    quota: await quotaFor(pool),
    nodeHours,
    cost,
    notes: [...(await notesOn(pipeline, tally, now)), ...priceNotes(pipeline, prices)],
  };
}

/** Gathers what becomes no item, by the reason. */
function leftOut(): { skip: Skip; reasons: () => Preview['skipped'] } {
  const groups = new Map<string, Preview['skipped'][number]>();
  const skip: Skip = ({ container, name }, reason) => {
    const group = groups.get(reason) ?? { reason, count: 0, examples: [] };
    groups.set(reason, group);
    group.count++;
    if (group.examples.length < MOST_EXAMPLES) group.examples.push(`${container}/${name}`);
  };
  return { skip, reasons: () => [...groups.values()] };
}

async function givenTo({ pipeline, inputs }: PlanAsk, now: number, skip: Skip): Promise<Given> {
  const { forEach, lines } = pipeline.tasks;
  const fromDrops = ['drop', 'chunks'].includes(forEach) || (forEach === 'lines' && !lines?.from);
  if (inputs === null && fromDrops && pipeline.on.drop) {
    return { blobs: await waitingBlobs(pipeline.name, pipeline.on.drop, skip), list: null };
  }
  const { rows, list: objects } = await resolveInputs(pipeline, inputs, new Date(now));
  return { blobs: rows, list: objects };
}

/** The blobs in a watched container whose present version no run has had. */
async function waitingBlobs(
  pipeline: string,
  { container, match }: NonNullable<Pipeline['on']['drop']>,
  skip: Skip,
): Promise<Drop[]> {
  const [known, pending, aside] = await Promise.all([
    knownHashes(pipeline),
    listPending(pipeline),
    listAside(pipeline),
  ]);
  const waits = new Set(pending.map(({ hash }) => hash));
  const reasons = new Map(
    aside.map((row) => [
      row.hash,
      `it was set aside: ${row.state === 'set aside' ? row.reason : ''}`,
    ]),
  );
  const isWatched = matcher(match);
  const reasonFor = (blob: Drop): string | null => {
    if (!isWatched(blob.name)) return 'on.drop.match does not match it';
    if (!addressable(blob.name)) return 'the storage client cannot address its name';
    const hash = hashOf(blob);
    if (waits.has(hash) || !known.has(hash)) return null;
    return reasons.get(hash) ?? 'a run has had this version of it';
  };
  const blobs: Drop[] = [];
  for await (const { name, etag, size } of everythingIn(container)) {
    const blob = { container, name, etag, size, sequencer: '' };
    const reason = reasonFor(blob);
    if (reason === null) blobs.push(blob);
    else skip(blob, reason);
  }
  return blobs;
}

async function* everythingIn(container: string): ReturnType<typeof list> {
  try {
    yield* list(await existingContainer(container), '');
  } catch (error) {
    // It is made when the pipeline is applied.
    if (statusOf(error) !== 404) throw error;
  }
}

interface Adding {
  pipeline: Pipeline;
  values: ParamValues;
  skip: Skip;
  now: number;
}

async function addUp(
  given: Given,
  { pipeline, values, skip, now }: Adding,
): Promise<{ tally: Tally; complete: boolean }> {
  const until = Date.now() + LOOK_MS;
  let complete = true;
  const leave = ({ reused }: ManifestItem, { id, input }: Item): void =>
    skip(
      input ?? { container: pipeline.name, name: id },
      `it is unchanged since run ${reused?.run ?? ''}`,
    );
  async function* inTime(): AsyncGenerator<Item> {
    const unchanged = await unchangedSince(pipeline, values, now);
    const items = itemsFrom(given, pipeline, skip);
    for await (const item of withoutUnchanged(items, unchanged, leave)) {
      complete = Date.now() < until;
      if (!complete) return;
      yield item;
    }
  }
  let tally = NOTHING;
  const params = variables(values);
  for await (const slabs of slabsOf(inTime(), pipeline.tasks.pack)) {
    for (const tasks of slabs) tally = addTasks(tally, tasks, pipeline, params);
  }
  return { tally, complete };
}

/** Whoever may not look at the account's quota still wants the plan. */
async function quotaFor(pool: Preview['pool']): Promise<QuotaVerdict> {
  try {
    const quota = await accountQuota();
    if (quota) return judgeQuota(pool, quota, await accountInUse());
    return unknown('the app is not told where to look: set SLUICE_BATCH_ARM_URL');
  } catch (error) {
    return unknown(`it could not be read: ${messageOf(error)}`);
  }
}

function priceNotes({ pool }: Pipeline, prices: Prices | null): string[] {
  const { vmSize, nodes } = pool;
  if (!prices || prices.perNodeHour(vmSize, nodes.spot) !== null) return [];
  const field = nodes.spot ? 'spotNodeHour' : 'nodeHour';
  return [`The app's SLUICE_PRICES has no ${field} of ${vmSize}, so there is no cost.`];
}

async function notesOn(pipeline: Pipeline, { items }: Tally, now: number): Promise<string[]> {
  const { name, on } = pipeline;
  const notes: string[] = [];
  if (items === 0) notes.push('There are no items, so nothing would run.');
  if ((await pauseOf(name)) !== null) {
    notes.push('The pipeline is paused: drops gather, and its schedule starts nothing.');
  }
  if (on.schedule && on.drop) notes.push('Drops gather until its schedule fires.');
  const going = takesTurns(pipeline) ? await runningRun(name, now) : null;
  if (going !== null) notes.push(`Run ${going} is going, and runs of it may not overlap.`);
  return notes;
}
