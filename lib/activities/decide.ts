import { type Evidence, itemOutcome, judge } from '../plan/outcome.ts';
import { type Item, pack, type PlannedTask, type Round, type Slab } from '../plan/plan.ts';
import { itemCounts } from '../plan/run.ts';
import { commitJson, getOwnRun, putRunFile, setProgress } from '../store/runs.ts';
import type { Activities, RunRef } from './contract.ts';
import { absentTasks, allSlabs, gatherEvidence, lastTasks } from './evidence.ts';
import { writeSlabs } from './plan.ts';

/** Rounds after which tasks that still cannot be placed are left to fail. */
const MOST_ROUNDS = 5;

/** Judges the tasks of the last round. What must go again becomes the next round; else the run's items are settled. */
export async function decide({
  run,
  epoch,
  job,
  round,
}: Activities['decide']['input']): Promise<Activities['decide']['output']> {
  await getOwnRun({ run, epoch });
  const carried = await lastTasks(run, '');
  const items = [...carried.values()].map(({ item }) => item);
  const listed = await gatherEvidence({ run, job, items, idPrefix: '' });
  const tasks = [...new Set([...carried.values()].map(({ planned }) => planned))];
  const evidence = { ...listed, absent: await absentTasks(job, tasks, listed) };
  const slabs = round < MOST_ROUNDS ? await nextRound(run, round, tasks, evidence) : [];
  if (slabs.length === 0) await settle({ run, epoch }, [...carried.values()], evidence);
  return { slabs };
}

async function nextRound(
  run: string,
  round: number,
  tasks: PlannedTask[],
  evidence: Evidence,
): Promise<Slab[]> {
  const verdicts = tasks.map((task) => ({ task, ...judge(task, evidence) }));
  const again = verdicts.filter(({ addAgain }) => addAgain).map(({ task }) => task);
  const alone = verdicts.flatMap(({ split }) => split);
  if (again.length + alone.length === 0) return [];
  const firstSlab = (await allSlabs(run)).length;
  const planned = [...(again.length > 0 ? [again] : []), ...singles(alone, firstSlab + 1)];
  const slabs = await writeSlabs(run, planned, firstSlab);
  const reason = `${again.length} tasks were not there, ${alone.length} items go alone since their pack could not be staged`;
  const committed = await commitJson<Round>(run, `rounds/${round + 1}.json`, {
    round: round + 1,
    reason,
    slabs,
  });
  return committed.slabs;
}

function singles(items: Item[], firstSlab: number): PlannedTask[][] {
  return pack(items, { perTask: 1, attempt: 1, firstSlab });
}

/** What `settled.json` says: how the items came out before the merge. */
export interface Settled {
  succeeded: number;
  failed: number;
}

/** Writes the list and the counts that the merge goes by, and what people see. */
async function settle(
  ref: RunRef,
  carried: { item: Item; planned: PlannedTask }[],
  evidence: Evidence,
): Promise<void> {
  const outcomes = carried.map(({ item, planned }) => itemOutcome(item, planned, evidence));
  const succeeded = outcomes.filter(({ status }) => status === 'Succeeded');
  const lines = succeeded
    .filter(({ outputs }) => outputs.length > 0)
    .map(({ item, record }) => `${item.id} ${record?.attempt ?? 1}\n`);
  await putRunFile(ref.run, 'accepted.txt', lines.join(''), 'text/plain');
  const listed: Settled = {
    succeeded: succeeded.length,
    failed: outcomes.length - succeeded.length,
  };
  await putRunFile(ref.run, 'settled.json', JSON.stringify(listed), 'application/json');
  await setProgress(ref, {
    items: itemCounts(outcomes.length, listed, { running: 0, perTask: 1 }),
  });
}
