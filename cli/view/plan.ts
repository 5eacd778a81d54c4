import type { Preview } from '../../lib/plan/preview-schema.ts';
import { table } from '../terminal/table.ts';
import { printable } from '../terminal/text.ts';
import { count } from '../terminal/units.ts';

const TIMEOUTS = ', if everything takes its whole timeout';
/** Blobs named for each reason. */
const EXAMPLES = 3;

/** A plan as lines for a person. */
export function planLines(plan: Preview): string[] {
  return [...totals(plan), ...skippedLines(plan), ...firstLines(plan), ...noteLines(plan)];
}

function totals({ pipeline, complete, items, tasks, pool, quota, nodeHours, cost }: Preview) {
  const least = complete ? '' : 'at least ';
  const { nodes, vmSize, spot, slots, waves } = pool;
  const nodeText = `${count(nodes, 'node')} of ${vmSize}${spot ? ' (spot)' : ''} with ${count(slots, 'slot')}`;
  return table(
    ['PLAN', printable(pipeline)],
    [
      ['items', `${least}${count(items, 'item')} in ${count(tasks, 'task')}`],
      ['pool', items === 0 ? 'none' : `${nodeText}, filled ${count(waves, 'time')}`],
      ...(items === 0 ? [] : [['quota', `${quota.verdict}: ${printable(quota.message)}`]]),
      ...(nodeHours && items > 0 ? [['node-hours', `at most ${nodeHours.atMost}${TIMEOUTS}`]] : []),
      ...(cost && items > 0 ? [['cost', `at most ${cost.atMost} ${cost.currency}`]] : []),
    ],
  );
}

function skippedLines({ skipped }: Preview): string[] {
  return skipped.flatMap(({ reason, count: blobs, examples }) => {
    const shown = examples.slice(0, EXAMPLES).map((name) => `  ${printable(name)}`);
    const more = blobs > shown.length ? [`  +${blobs - shown.length} more`] : [];
    return ['', `${count(blobs, 'blob')} left out, since ${printable(reason)}:`, ...shown, ...more];
  });
}

function firstLines({ command, first }: Preview): string[] {
  if (first.length === 0) return [];
  const lines = command.trimEnd().split('\n');
  const items = first.flatMap(({ task, item, environment }) => [
    '',
    `item ${item} in task ${task} finds`,
    ...Object.entries(environment).map(([name, value]) => `  ${name}=${printable(value)}`),
  ]);
  return ['', 'each item runs', ...lines.map((line) => `  ${printable(line)}`), ...items];
}

function noteLines({ notes }: Preview): string[] {
  return notes.length > 0 ? ['', ...notes.map(printable)] : [];
}
