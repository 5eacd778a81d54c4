import { createHash } from 'node:crypto';
import { blobUrl } from '../azure/sas.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { type ManifestItem, manifestItem } from '../plan/manifest.ts';
import { type Evidence, failureOf, itemOutcome, type Outcome } from '../plan/outcome.ts';
import { CONTROL_CONTAINER, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { blockOf, type Plan, type PlannedTask, slabsWithin } from '../plan/plan.ts';
import type { RunRecord } from '../plan/run.ts';
import { type FailureGroup, groupOf, mergeGroups } from '../plan/signature.ts';
import { entriesBefore } from '../store/manifests.ts';
import { runPlan } from '../store/plans.ts';
import { listRounds, readSlab } from '../store/rounds.ts';
import { getOwnRun, partFile, putRunFile, whyBrokenOff } from '../store/runs.ts';
import type { Activities, PartSummary } from './contract.ts';
import { gatherEvidence } from './evidence.ts';
import { readChanged } from './judge.ts';
import { previousManifest } from './plan-redrive.ts';
import { describeFailures, type Failed } from './tails.ts';

type Input = Activities['writePart']['input'];

/** Judges the items of one block a last time and writes their entries, one a line, and their failures in groups. */
export async function writePart(input: Input): Promise<PartSummary> {
  const { run, epoch, part } = input;
  const record = await getOwnRun({ run, epoch }, { closing: true });
  const { entries, failures } = await partEntries(record, input);
  const body = entries.map((entry) => JSON.stringify(entry)).join('\n');
  // It took a while: by now somebody else may have written this part, into a manifest that stands.
  await getOwnRun({ run, epoch }, { closing: true });
  const file = partFile(record.generation, part);
  await putRunFile(run, file, body, 'application/x-ndjson');
  const unsuccessful = entries.filter(({ status }) => status !== 'Succeeded');
  const lines = unsuccessful.map((entry) => JSON.stringify(entry)).join('\n');
  await putRunFile(run, unsuccessfulFile(record.generation, part), lines, 'application/x-ndjson');
  const groups = JSON.stringify(failures);
  await putRunFile(run, failuresFile(record.generation, part), groups, 'application/json');
  const count = (status: ManifestItem['status']): number =>
    entries.filter((entry) => entry.status === status).length;
  return {
    part,
    url: blobUrl(CONTROL_CONTAINER, `runs/${run}/${file}`),
    items: entries.length,
    md5: createHash('md5').update(body).digest('hex'),
    succeeded: count('Succeeded'),
    failed: count('Failed'),
    cancelled: count('Cancelled'),
  };
}

/** The entries of a part that did not succeed, so that they are found without reading the others. */
export function unsuccessfulFile(generation: number, part: number): string {
  return partFile(generation, part).replace(/ndjson$/, 'unsuccessful.ndjson');
}

/** The failures of a part in groups. */
export function failuresFile(generation: number, part: number): string {
  return partFile(generation, part).replace(/ndjson$/, 'failures.json');
}

async function partEntries(
  record: RunRecord,
  { job, part, error }: Input,
): Promise<{ entries: ManifestItem[]; failures: FailureGroup[] }> {
  const { id: run, generation } = record;
  const tasks = await tasksOf(record, part);
  const evidence: Evidence = {
    ...(await gatherEvidence(run, job, tasks)),
    changed: await readChanged(run, finalCheckFile(generation)),
    absent: new Set(),
    brokenOff: whyBrokenOff(record, error),
  };
  const outcomes = outcomesByItem(tasks, evidence);
  const plan = await runPlan(run);
  const earlier = await entriesBefore(plan, generation, part);
  const before = new Map(earlier.map((entry) => [entry.id, entry]));
  const untouched = [...before.values()].filter(({ id }) => !outcomes.has(id));
  const judged = [...outcomes.values()].map((each) => entryOf(plan, each, before));
  await describeFailures(run, judged.filter(isFailed));
  const entries = [...untouched, ...judged.map(({ entry }) => entry)];
  const known = generation === 1 ? [] : (await previousManifest(run, generation)).failures;
  const groups = judged.flatMap(({ group }) => (group ? [group] : []));
  return {
    entries: entries.toSorted((a, b) => Number(a.id) - Number(b.id)),
    failures: mergeGroups([...groups, ...untouched.flatMap((entry) => groupAgain(entry, known))]),
  };
}

/** What was changed by the time that the job had ended. */
export function finalCheckFile(generation: number): string {
  return `changed/final-${generation}.json`;
}

/** The tasks of the present generation that carried items of a block, with those items alone. */
export async function tasksOf(
  { id: run, generation }: RunRecord,
  block: number,
): Promise<PlannedTask[]> {
  const rounds = (await listRounds(run)).filter((round) => round.generation === generation);
  const tasks = new Map<string, PlannedTask>();
  for (const slab of slabsWithin(rounds, block)) {
    for (const task of await readSlab(run, slab)) {
      const items = task.items.filter(({ id }) => blockOf(id) === block);
      if (items.length > 0) tasks.set(task.task, { ...task, items });
    }
  }
  return [...tasks.values()];
}

function outcomesByItem(
  tasks: PlannedTask[],
  evidence: Evidence,
): Map<string, [Outcome, ...Outcome[]]> {
  const outcomes = new Map<string, [Outcome, ...Outcome[]]>();
  for (const planned of tasks) {
    for (const item of planned.items) {
      const outcome = itemOutcome(item, planned, evidence);
      const others = outcomes.get(item.id);
      if (others) others.push(outcome);
      else outcomes.set(item.id, [outcome]);
    }
  }
  return outcomes;
}

/** An entry, and its failure, which is described and put into its group afterwards. */
type Judged = Failed | (Omit<Failed, 'failure'> & { failure: null });

function isFailed(judged: Judged): judged is Failed {
  return judged.failure !== null;
}

function entryOf(
  { run, settings }: Plan,
  outcomes: [Outcome, ...Outcome[]],
  before: Map<string, ManifestItem>,
): Judged {
  const last = outcomes.at(-1) ?? outcomes[0];
  const { id } = last.item;
  const entry = manifestItem(outcomes, {
    before: before.get(id)?.attempts ?? [],
    blobUrl,
    urlOf: (path) => blobUrl(WORK_CONTAINER, `runs/${run}/${path}`),
  });
  if (settings !== undefined) entry.fingerprint = fingerprint(settings, last.item);
  return { entry, recorded: last.record !== null, failure: failureOf(last), group: null };
}

/** The group of an item that this generation left alone, as the manifest before has it. */
function groupAgain(entry: ManifestItem, known: FailureGroup[]): FailureGroup[] {
  const { id, cause, signature, inputs, message, attempts } = entry;
  if (cause === null) return [];
  const item = { item: id, input: inputs[0]?.name ?? '' };
  const group = known.find((other) => other.signature === signature);
  if (group) return [{ ...group, items: 1, examples: [item] }];
  const exitCode = attempts.at(-1)?.exitCode ?? null;
  return [groupOf({ ...item, cause, exitCode, text: entry.stderrTail ?? message })];
}
