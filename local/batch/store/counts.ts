/** Where a task stands for counting; preparing counts as running. */
export type CountState = 'active' | 'running' | 'succeeded' | 'failed';

/** How many tasks of a job stand where, by the slots they need: kept at every change, so that counting never scans. */
export type Counts = Record<CountState, Record<number, number>>;

/** Counts of a job without tasks. */
export function emptyCounts(): Counts {
  return { active: {}, running: {}, succeeded: {}, failed: {} };
}

/** Adds `by` tasks of a number of slots. */
export function count(counts: Counts, state: CountState, slots: number, by = 1): void {
  const left = (counts[state][slots] ?? 0) + by;
  if (left === 0) delete counts[state][slots];
  else counts[state][slots] = left;
}

/** Number of tasks in a state. */
export function tasksIn(counts: Counts, state: CountState): number {
  return Object.values(counts[state]).reduce((sum, number) => sum + number, 0);
}

/** The body of the task counts answer. */
export function taskCountsResult(counts: Counts): object {
  return {
    taskCounts: figures((state) => tasksIn(counts, state)),
    taskSlotCounts: figures((state) => slotsIn(counts, state)),
  };
}

function slotsIn(counts: Counts, state: CountState): number {
  return Object.entries(counts[state]).reduce(
    (sum, [slots, number]) => sum + Number(slots) * number,
    0,
  );
}

function figures(of: (state: CountState) => number): object {
  const succeeded = of('succeeded');
  const failed = of('failed');
  return {
    active: of('active'),
    running: of('running'),
    completed: succeeded + failed,
    succeeded,
    failed,
  };
}
