import type { Run } from '../api/types.ts';
import { printable } from '../terminal/text.ts';
import { byteSize, clockTime, count } from '../terminal/units.ts';
import { elapsed, knownItems, type LiveView, type Upload, waitingText } from './live-view.ts';

/** What changed since `previous`, as one line for a pipe or a log; null when nothing worth a line did. */
export function renderLine(view: LiveView, previous: LiveView | null, now: number): string | null {
  const parts = [uploadChange(view.upload, previous?.upload ?? null)];
  for (const run of view.runs) {
    const before = previous?.runs.find(({ id }) => id === run.id);
    parts.push(runChange(run, before, now));
  }
  if (view.note !== (previous?.note ?? null)) parts.push(view.note);
  const changes = parts.filter((part) => part !== null);
  return changes.length > 0 ? changes.join('\n') : null;
}

/** An upload speaks when it begins and when it ends: its progress is for those who watch. */
function uploadChange(upload: Upload | null, before: Upload | null): string | null {
  if (!upload) return null;
  if (!before) return `uploading ${count(upload.files, 'file')}, ${byteSize(upload.bytes)}`;
  const over = (state: Upload) => state.done + state.failed >= state.files;
  if (!over(upload) || over(before)) return null;
  const failed = upload.failed > 0 ? `, ${upload.failed} failed` : '';
  return `uploaded ${count(upload.done, 'file')}${failed}`;
}

function runChange(run: Run, before: Run | undefined, now: number): string | null {
  const text = describe(run);
  if (before && describe(before) === text) return null;
  return `${clockTime(elapsed(run, now)).padStart(5)}  ${run.id}  ${text}`;
}

function describe(run: Run): string {
  const parts = [state(run), items(run), tasks(run), waitingText(run) ?? ''];
  if (run.error) parts.push(`${run.error.code}: ${run.error.message}`);
  return printable(parts.filter(Boolean).join('; '));
}

function state({ status, phase }: Run): string {
  if (status === 'Running') return phase;
  return phase === 'done' ? status : `${status}, ${phase}`;
}

function items(run: Run): string {
  const known = knownItems(run);
  if (!known) return '';
  const { total, succeeded, failed } = known;
  return `${succeeded} of ${total} items succeeded${failed > 0 ? `, ${failed} failed` : ''}`;
}

function tasks({ status, counts }: Run): string {
  const { active, running, completed } = counts.tasks;
  if (status !== 'Running' || active + running + completed === 0) return '';
  return `tasks: ${active} waiting, ${running} running, ${completed} completed`;
}
