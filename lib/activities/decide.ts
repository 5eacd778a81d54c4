import type { ManifestItem } from '../plan/manifest.ts';
import { sha256 } from '../plan/ids.ts';
import {
  type Candidate,
  isHopeless,
  pack,
  type Plan,
  reusedItems,
  type Round,
} from '../plan/plan.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import { backoffSeconds } from '../plan/retry.ts';
import { itemCounts, type RunError, type RunRecord } from '../plan/run.ts';
import { readReused, runPipeline, runPlan, writeSlabs } from '../store/plans.ts';
import { commitRound, listRounds } from '../store/rounds.ts';
import {
  commitJson,
  getOwnRun,
  partFile,
  putRunFile,
  readRunJson,
  readRunLines,
  setProgress,
} from '../store/runs.ts';
import type { Activities, RunRef } from './contract.ts';
import { type Judged, readJudged } from './judge.ts';
import { blocksOf, previousManifest } from './plan-redrive.ts';

/** Rounds of one generation after which what still cannot be placed is left to fail. */
const MOST_ROUNDS = 40;

/** What `settled/{generation}.json` says, first wins: how the items came out before the merge, and the hash of the list that it goes by. */
export interface Settled {
  succeeded: number;
  failed: number;
  accepted: string;
}

/** How a slab came out, but for what the merge may have. */
type Judgement = Omit<Judged, 'accepted'>;

export function settledFile(generation: number): string {
  return `settled/${generation}.json`;
}

/** The list that the merge goes by, one `item attempt` a line, or `item attempt run item` for outputs of another run; named by its content. */
export function acceptedFile({ accepted }: Settled): string {
  return `accepted/${accepted}.txt`;
}

/** Reads how a round came out. What must go again becomes the next round; else the run's items are settled. */
export async function decide({
  run,
  epoch,
  round,
  slabs,
}: Activities['decide']['input']): Promise<Activities['decide']['output']> {
  const record = await getOwnRun({ run, epoch });
  const rounds = await listRounds(run);
  const standing = rounds[round];
  if (standing) return { slabs: standing.slabs, waitSeconds: waitOf(standing), error: null };
  const judged: Judgement[] = [];
  for await (const { accepted: _, ...one } of readJudged(run, round, slabs)) judged.push(one);
  const plan = await runPlan(run);
  const tally = await addUp(record, { plan, rounds, round, judged });
  const { pipeline } = await runPipeline(run);
  const { items } = plan;
  const goesOn = judged.some((one) => one.retries.length + one.splits.length + one.absent.length);
  const early = record.generation === 1 && isHopeless(pipeline, items, tally.failed);
  if (goesOn && early) return { slabs: [], waitSeconds: 0, error: hopeless(tally.failed) };
  if (goesOn && isAllowed(rounds, record)) return nextRound(record, { pipeline, rounds, judged });
  await settle({ run, epoch }, record.generation, { plan, rounds, tally });
  return { slabs: [], waitSeconds: 0, error: null };
}

/** Why a run ends before all of its items had their turn. */
export function hopeless(failed: number): RunError {
  const message = `${failed} items failed for good, which is more than the pipeline tolerates, so the rest was not run`;
  return { code: 'ToleranceExceeded', message };
}

function isAllowed(rounds: Round[], record: RunRecord): boolean {
  return rounds.filter(({ generation }) => generation === record.generation).length < MOST_ROUNDS;
}

function waitOf({ notBefore }: Round): number {
  return Math.max(0, (notBefore - Date.now()) / 1000);
}

interface Tally {
  succeeded: number;
  failed: number;
}

/** Adds a round to what the ones before it in this generation came to; `tally/{round}.json` keeps the sum. */
async function addUp(
  record: RunRecord,
  {
    plan,
    rounds,
    round,
    judged,
  }: { plan: Plan; rounds: Round[]; round: number; judged: Judgement[] },
): Promise<Tally> {
  const isFirst = rounds[round - 2]?.generation !== record.generation;
  const before = isFirst
    ? await tallyBefore(record, plan, rounds[round - 1])
    : await readRunJson<Tally>(record.id, `tally/${round - 1}.json`);
  const tally = { succeeded: before?.succeeded ?? 0, failed: before?.failed ?? 0 };
  for (const { succeeded, failed } of judged) {
    tally.succeeded += succeeded;
    tally.failed += failed;
  }
  const file = `tally/${round}.json`;
  await putRunFile(record.id, file, JSON.stringify(tally), 'application/json');
  return tally;
}

/** What a generation begins with: the items that it does not run again. */
async function tallyBefore(
  record: RunRecord,
  plan: Plan,
  first: Round | undefined,
): Promise<Tally | null> {
  if (record.generation === 1 || !first) {
    return { succeeded: reusedItems(plan), failed: 0 };
  }
  const { counts } = await previousManifest(record.id, record.generation);
  const chosen = first.slabs.reduce((sum, { items }) => sum + items, 0);
  return { succeeded: counts.succeeded, failed: counts.items - counts.succeeded - chosen };
}

async function nextRound(
  { id: run, generation }: RunRecord,
  { pipeline, rounds, judged }: { pipeline: Pipeline; rounds: Round[]; judged: Judgement[] },
): Promise<Activities['decide']['output']> {
  const retries = judged.flatMap((one) => one.retries);
  const splits = judged.flatMap((one) => one.splits);
  const absent = judged.map((one) => one.absent).filter((tasks) => tasks.length > 0);
  const firstSlab = rounds.flatMap(({ slabs }) => slabs).length;
  const packed = pack([...retries, ...splits].toSorted(byItem), {
    rule: pipeline.tasks.pack,
    firstSlab: firstSlab + absent.length,
    aligned: false,
  });
  const round = await commitRound(run, {
    round: rounds.length + 1,
    generation,
    reason: `${retries.length} failed items are tried again, ${splits.length} go alone since their pack could not be staged, ${absent.flat().length} tasks were not there`,
    slabs: await writeSlabs(run, [...absent, ...packed], firstSlab),
    notBefore: Date.now() + longestBackoff(pipeline, retries) * 1000,
  });
  return { slabs: round.slabs, waitSeconds: waitOf(round), error: null };
}

function byItem(a: Candidate, b: Candidate): number {
  return Number(a.item.id) - Number(b.item.id);
}

function longestBackoff({ tasks }: Pipeline, retries: Candidate[]): number {
  return retries.reduce((most, { tried }) => Math.max(most, backoffSeconds(tasks.retry, tried)), 0);
}

/** Writes the list and the counts that the merge goes by, and what people see. */
async function settle(
  ref: RunRef,
  generation: number,
  { plan, rounds, tally }: { plan: Plan; rounds: Round[]; tally: Tally },
): Promise<void> {
  const accepted = await acceptedBefore(plan, generation);
  for (const { round, slabs } of rounds.filter((one) => one.generation === generation)) {
    for await (const one of readJudged(ref.run, round, slabs)) {
      accepted.push(...one.accepted.map(acceptedLine));
    }
  }
  const lines = accepted
    .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .join('');
  const settled: Settled = { ...tally, accepted: sha256(lines) };
  await putRunFile(ref.run, acceptedFile(settled), lines, 'text/plain');
  await commitJson(ref.run, settledFile(generation), settled);
  await setProgress(ref, { items: itemCounts(plan.items, tally, { running: 0, perTask: 1 }) });
}

/** What earlier generations left for the merge; an item that succeeded never runs again. */
async function acceptedBefore(plan: Plan, generation: number): Promise<string[]> {
  const accepted: string[] = [];
  for await (const item of allBefore(plan, generation)) {
    if (item.status !== 'Succeeded' || item.outputs.length === 0) continue;
    const attempt = item.attempts.at(-1)?.attempt ?? 1;
    accepted.push(acceptedLine({ item: item.id, attempt, reused: item.reused }));
  }
  return accepted;
}

/** The entries that a generation begins with. */
async function* allBefore(plan: Plan, generation: number): AsyncGenerator<ManifestItem> {
  const { run } = plan;
  if (generation === 1) return yield* readReused(plan);
  for (const block of blocksOf(await previousManifest(run, generation))) {
    yield* await readRunLines<ManifestItem>(run, partFile(generation - 1, block));
  }
}

/** A line and not an object, since there may be a million. */
function acceptedLine({
  item,
  attempt,
  reused,
}: Judged['accepted'][number] & Pick<ManifestItem, 'reused'>): string {
  if (!reused) return `${item} ${attempt}\n`;
  return `${item} ${reused.attempt} ${reused.run} ${reused.item}\n`;
}
