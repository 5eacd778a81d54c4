import type { Span } from '../terminal/spans.ts';
import { clockTime, count } from '../terminal/units.ts';
import { elapsed } from '../view/live-view.ts';
import { statusSpan } from '../view/status.ts';
import { LINE_COUNT_COMMAND } from './line-count.ts';
import { mergedTotal, type RunOutcome } from './outcome.ts';

/** The closing words of the demo: each run and where its manifest is, the result, and the check. */
export function summaryLines(
  outcomes: readonly RunOutcome[],
  expected: number,
  resultFile: string,
): Span[][] {
  const total = mergedTotal(outcomes);
  return [
    ...outcomes.flatMap(runLines),
    row('result', total === null ? 'none' : count(total, 'line'), `  ${resultFile}`),
    row('zcat', count(expected, 'line'), `  ${LINE_COUNT_COMMAND}`),
    [label(''), verdict(total, expected)],
  ];
}

function runLines({ run, manifest: { counts }, saved, url }: RunOutcome): Span[][] {
  const { active, running, completed } = run.counts.tasks;
  const tasks = count(active + running + completed, 'task');
  const failed = counts.items - counts.succeeded;
  return [
    [label('run'), { text: run.id, style: 'bold' }, { text: '  ' }, statusSpan(run.status)],
    [
      label('items'),
      {
        text: `${count(counts.items, 'item')}: ${counts.succeeded.toLocaleString('en-US')} succeeded, `,
      },
      failed > 0 ? { text: `${failed} failed`, style: 'red' } : { text: '0 failed' },
      { text: `, in ${tasks} and ${clockTime(elapsed(run, Date.now()))}` },
    ],
    [label('manifest'), { text: saved }],
    [label(''), { text: url, style: 'dim' }],
  ];
}

function verdict(total: number | null, expected: number): Span {
  if (total === expected) return { text: '✔ same', style: 'green' };
  const text = `✘ different: ${total ?? 'no result'} from the run, ${expected} from zcat and awk`;
  return { text, style: 'red' };
}

function row(name: string, value: string, rest: string): Span[] {
  return [label(name), { text: value, style: 'bold' }, { text: rest }];
}

function label(text: string): Span {
  return { text: text.padEnd(10), style: 'dim' };
}
