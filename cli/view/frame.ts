import { PHASES, type Run } from '../api/types.ts';
import { renderSpans, type Span, spansWidth } from '../terminal/spans.ts';
import { printable } from '../terminal/text.ts';
import { byteSize, clockTime } from '../terminal/units.ts';
import { barSpans } from './bar.ts';
import {
  elapsed,
  hasEnded,
  knownItems,
  type LiveView,
  type Upload,
  waitingText,
} from './live-view.ts';
import { statusSpan } from './status.ts';

const LABEL = 8;
const BAR_MIN = 10;
const BAR_MAX = 40;
/** Columns kept for the percentage and the counts beside a bar. */
const BESIDE_BAR = 57;
/** Lines wider than this have their ends too far apart to read together. */
const HEAD_MAX = 100;

export interface FrameOptions {
  columns: number;
  color: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** The live view as lines of at most `columns` columns: the upload, then every run. */
export function renderFrame(view: LiveView, { columns, color, now }: FrameOptions): string[] {
  const blocks: Span[][][] = view.runs.map((run) => runLines(run, columns, now));
  if (view.upload) blocks.unshift([uploadLine(view.upload, columns)]);
  if (view.note) blocks.push([[{ text: view.note, style: 'dim' }]]);
  const lines = blocks.flatMap((block, index) => (index === 0 ? block : [[], ...block]));
  return lines.map((spans) => renderSpans(spans, columns, color));
}

function uploadLine(upload: Upload, columns: number): Span[] {
  const { done, files, failed, bytes } = upload;
  return [
    label('upload'),
    ...barSpans(done, files, barWidth(columns)),
    { text: `  ${ratio(done, files)} files, ${byteSize(bytes)}` },
    ...failedSpans(failed),
  ];
}

function runLines(run: Run, columns: number, now: number): Span[][] {
  const waiting = waitingText(run);
  const message = run.waiting?.message ?? '';
  const { error, fault } = run;
  return [
    headLine(run, columns, now),
    ...(hasEnded(run) ? [] : [phaseLine(run)]),
    itemsLine(run, columns),
    ...(hasEnded(run) ? [] : [tasksLine(run)]),
    ...(waiting ? [remark('yellow', [waiting, message].filter(Boolean).join(': '))] : []),
    ...(fault ? [remark('yellow', `trying again after ${fault.code}: ${fault.message}`)] : []),
    ...(error ? [remark('red', `${error.code}: ${error.message}`)] : []),
  ];
}

function headLine(run: Run, columns: number, now: number): Span[] {
  const time = clockTime(elapsed(run, now));
  const id = { text: printable(run.id), style: 'bold' } as const;
  const left = [label('run'), id, { text: '  ' }, statusSpan(run.status)];
  const gap = Math.max(2, Math.min(columns, HEAD_MAX) - spansWidth(left) - time.length);
  return [...left, { text: ' '.repeat(gap) + time }];
}

/** All phases by name: those behind ticked, the present one pointed at, those ahead plain. */
function phaseLine(run: Run): Span[] {
  const at = PHASES.indexOf(run.phase);
  const shown = PHASES.filter((phase) => phase !== 'done');
  return [label('phase'), ...shown.map((phase, index) => phaseSpan(phase, index - at))];
}

function phaseSpan(phase: string, distance: number): Span {
  if (distance < 0) return { text: `✔ ${phase}  `, style: 'green' };
  if (distance === 0) return { text: `▶ ${phase}  `, style: 'bold' };
  return { text: `· ${phase}  `, style: 'dim' };
}

function itemsLine(run: Run, columns: number): Span[] {
  const items = knownItems(run);
  const bar = barSpans(items?.succeeded ?? 0, items?.total ?? null, barWidth(columns));
  if (!items) return [label('items'), ...bar, { text: '  not counted yet' }];
  const busy = items.running > 0 && !hasEnded(run) ? [{ text: `, ${items.running} running` }] : [];
  const done = { text: `  ${ratio(items.succeeded, items.total)} succeeded` };
  return [label('items'), ...bar, done, ...failedSpans(items.failed), ...busy];
}

function tasksLine({ counts }: Run): Span[] {
  const { active, running, completed } = counts.tasks;
  const none = active + running + completed === 0;
  const text = `${active} waiting, ${running} running, ${completed} completed`;
  return [label('tasks'), { text: none ? 'none yet' : text }];
}

function remark(style: 'yellow' | 'red', text: string): Span[] {
  return [label(''), { text: printable(text), style }];
}

function failedSpans(failed: number): Span[] {
  return failed > 0 ? [{ text: ', ' }, { text: `${failed} failed`, style: 'red' }] : [];
}

function ratio(done: number, total: number): string {
  return `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
}

function barWidth(columns: number): number {
  return Math.max(BAR_MIN, Math.min(BAR_MAX, columns - LABEL - BESIDE_BAR));
}

function label(text: string): Span {
  return { text: text.padEnd(LABEL), style: 'dim' };
}
