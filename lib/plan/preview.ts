import type { Pipeline } from './pipeline-schema.ts';
import { type Item, type PlannedTask, poolNodes, stagingOf } from './plan.ts';
import type { Prices } from './prices.ts';
import type { Preview } from './preview-schema.ts';
import { stagedName } from './task-spec.ts';
import type { Variables } from './variables.ts';

/** What is shown in the place of a secret. */
export const MASK = '***';
/** Commands that are shown. */
const MOST_SHOWN = 3;
/** Where a task begins, as a command on a node could write it. */
const FOLDER = '$AZ_BATCH_TASK_WORKING_DIR';

/** Adds up the tasks of a run that is not made. */
export interface Tally {
  items: number;
  tasks: number;
  /** Items of the task that has most. */
  longest: number;
  first: Preview['first'];
}

export const NOTHING: Tally = { items: 0, tasks: 0, longest: 0, first: [] };

/** A tally and some more tasks. */
export function addTasks(
  tally: Tally,
  tasks: readonly PlannedTask[],
  pipeline: Pipeline,
  params: Variables,
): Tally {
  const shown = tasks
    .slice(0, MOST_SHOWN - tally.first.length)
    .flatMap(({ task, attempt, items: [item] }) =>
      item
        ? [{ task, item: item.id, environment: environmentOf(pipeline, { item, attempt, params }) }]
        : [],
    );
  return {
    items: tally.items + tasks.reduce((sum, { items }) => sum + items.length, 0),
    tasks: tally.tasks + tasks.length,
    longest: tasks.reduce((most, { items }) => Math.max(most, items.length), tally.longest),
    first: [...tally.first, ...shown],
  };
}

/** The variables that the first item of a task finds, as the task's script sets them. */
function environmentOf(
  { tasks }: Pipeline,
  { item, attempt, params }: { item: Item; attempt: number; params: Variables },
): Variables {
  const secrets = Object.keys(tasks.secrets ?? {}).map((name) => [name, MASK]);
  return {
    ...tasks.environment,
    ...(Object.fromEntries(secrets) as Variables),
    ...params,
    ...item.values,
    ...inputOf(item),
    ITEM: item.id,
    ATTEMPT: String(attempt),
    OUTPUT_DIR: `${FOLDER}/outs/${item.id}/a1`,
  };
}

function inputOf(item: Item): Variables {
  const { input, line } = item;
  if (!input || stagingOf(item) === 'none') return {};
  return {
    INPUT: `${FOLDER}/in/${stagedName(item, 0)}`,
    NAME: input.name,
    STEM: stemOf(input.name),
    ...(line === undefined ? {} : { LINE: line }),
  };
}

/** The last part of a name without its last extension, as the task's script takes it. */
function stemOf(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return /^(.+)\.[^.]*$/s.exec(last)?.[1] ?? last;
}

/** The pool of so many tasks, and what it comes to. */
export function sizeUp(
  pipeline: Pipeline,
  { tasks, longest, complete }: Pick<Tally, 'tasks' | 'longest'> & { complete: boolean },
  prices: Prices | null,
): Pick<Preview, 'pool' | 'nodeHours' | 'cost'> {
  const { vmSize, image, slots, nodes: wanted } = pipeline.pool;
  const nodes = tasks === 0 ? 0 : poolNodes(pipeline, tasks);
  const waves = tasks === 0 ? 0 : Math.ceil(tasks / (nodes * slots));
  const merging = tasks > 0 ? (pipeline.merge?.timeout ?? 0) : 0;
  const seconds = waves * longest * pipeline.tasks.timeout + merging;
  const hours = (nodes * seconds) / 3600;
  const price = prices?.perNodeHour(vmSize, wanted.spot) ?? null;
  return {
    pool: { vmSize, image, spot: wanted.spot, nodes, slots, waves },
    nodeHours: complete ? { atMost: rounded(hours) } : null,
    cost:
      complete && prices && price !== null
        ? { atMost: rounded(hours * price), currency: prices.currency }
        : null,
  };
}

/** To cents and hundredths of an hour, upwards, since it is the most that there may be. */
function rounded(value: number): number {
  return Math.max(0, Math.ceil(value * 100 - 1e-6)) / 100;
}
