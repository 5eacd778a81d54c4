import { type Evidence, inputKey, judge, type TaskVerdict } from '../plan/outcome.ts';
import type { Candidate, PlannedTask, Slab } from '../plan/plan.ts';
import { runPipeline } from '../store/plans.ts';
import { readSlab } from '../store/rounds.ts';
import { getOwnRun, putRunFile, readRunJson } from '../store/runs.ts';
import type { Activities } from './contract.ts';
import { absentTasks, gatherEvidence } from './evidence.ts';
import { type ChangedInput, changedInputs, itemsOf } from './inputs.ts';

/** `judged/{round}-{slab}.json`: how the tasks of one slab came out. */
export interface Judged {
  succeeded: number;
  /** Items that failed for good. */
  failed: number;
  /** Items with outputs that the merge may have, and their attempts. */
  accepted: { item: string; attempt: number }[];
  /** Items to go again, and tasks to be added again as they are. */
  retries: Candidate[];
  splits: Candidate[];
  absent: PlannedTask[];
}

/** Looks once whether inputs were overwritten, for all slabs of a round; most never are. */
export async function checkInputs({
  run,
  epoch,
  round,
  slabs,
}: Activities['checkInputs']['input']): Promise<null> {
  await getOwnRun({ run, epoch }, { closing: true });
  await writeChanged(run, `changed/${round}.json`, slabs);
  return null;
}

export async function writeChanged(run: string, file: string, slabs: Slab[]): Promise<void> {
  const items = slabs.reduce((sum, slab) => sum + slab.items, 0);
  const changed = await changedInputs(items, () => itemsOf(run, slabs));
  await putRunFile(run, file, JSON.stringify(changed), 'application/json');
}

/** What was found to be changed, by key. */
export async function readChanged(run: string, file: string): Promise<Evidence['changed']> {
  const changed = (await readRunJson<ChangedInput[]>(run, file)) ?? [];
  return new Map(changed.map((input) => [inputKey(input), input]));
}

/** Judges the tasks of one slab of a round. */
export async function judgeSlab({
  run,
  epoch,
  job,
  round,
  slab,
}: Activities['judge']['input']): Promise<null> {
  await getOwnRun({ run, epoch });
  const { pipeline } = await runPipeline(run);
  const tasks = await readSlab(run, slab);
  const listed = await gatherEvidence(run, job, tasks);
  const absent = await absentTasks(job, tasks, listed);
  const changed = await readChanged(run, `changed/${round}.json`);
  const evidence = { ...listed, absent, changed, brokenOff: null };
  const judged = summary(
    tasks.map((task) => ({ task, ...judge(task, evidence, pipeline.tasks.retry) })),
  );
  await putRunFile(run, judgedFile(round, slab), JSON.stringify(judged), 'application/json');
  return null;
}

function summary(verdicts: ({ task: PlannedTask } & TaskVerdict)[]): Judged {
  const outcomes = verdicts.flatMap((verdict) => verdict.outcomes);
  const succeeded = outcomes.filter(({ status }) => status === 'Succeeded');
  return {
    succeeded: succeeded.length,
    failed: outcomes.length - succeeded.length,
    accepted: succeeded
      .filter(({ outputs }) => outputs.length > 0)
      .map(({ item, planned }) => ({ item: item.id, attempt: planned.attempt })),
    retries: verdicts.flatMap(({ task, retried }) =>
      // An item that took its node along must not take others with it again.
      retried.map(({ item, cause }) => ({ ...next(task, 1), item, alone: cause === 'Node' })),
    ),
    splits: verdicts.flatMap(({ task, split }) =>
      split.map((item) => ({ ...next(task, 0), item, alone: true })),
    ),
    absent: verdicts.filter(({ addAgain }) => addAgain).map(({ task }) => task),
  };
}

/** The attempt after a task's; `charge` is 0 when nothing was tried. */
function next({ attempt, tried }: PlannedTask, charge: number): Omit<Candidate, 'item'> {
  return { attempt: attempt + 1, tried: tried + charge };
}

/** How the slabs of one round came out, one after the other, since together they may tell of a million items. */
export async function* readJudged(
  run: string,
  round: number,
  slabs: Slab[],
): AsyncGenerator<Judged> {
  for (const slab of slabs) {
    const one = await readRunJson<Judged>(run, judgedFile(round, slab));
    if (one) yield one;
  }
}

function judgedFile(round: number, slab: Slab): string {
  return `judged/${round}-${slab.index}.json`;
}
