import type { Manifest, ManifestItem, Run } from '../api/types.ts';
import { table } from '../terminal/table.ts';
import { printable } from '../terminal/text.ts';
import { age, clockTime } from '../terminal/units.ts';
import { elapsed, knownItems } from './live-view.ts';
import { statusSpan } from './status.ts';

const SHOWN = 10;

/** Runs as a table, in the order given; what matters least stands where a narrow terminal cuts. */
export function runTable(runs: readonly Run[], now: number): string[] {
  const headings = ['RUN', 'STATUS', ' SUCCEEDED', ' FAILED', ' TIME', ' STARTED'];
  return table(
    headings,
    runs.map((run) => runRow(run, now)),
  );
}

function runRow(run: Run, now: number): string[] {
  const items = knownItems(run);
  return [
    printable(run.id),
    statusSpan(run.status).text,
    items ? `${items.succeeded} of ${items.total}` : '-',
    items ? String(items.failed) : '-',
    clockTime(elapsed(run, now)),
    age(now - Date.parse(run.startedAt)),
  ];
}

/** The items that did not succeed, the first ten by item, cause, exit code and input. */
export function failureLines({ counts, items, parts }: Manifest): string[] {
  const failed = counts.items - counts.succeeded;
  if (failed === 0) return [];
  if (!items) return [`${failed} failed; the manifest's ${parts?.length ?? 0} parts name them`];
  const failures = items.filter(({ status }) => status !== 'Succeeded');
  const rows = failures.slice(0, SHOWN).map(failureRow);
  const more = failures.length - rows.length;
  const rest = more > 0 ? [`+${more} more`] : [];
  return [...table(['ITEM', 'CAUSE', ' EXIT', 'INPUT'], rows), ...rest];
}

function failureRow({ id, status, cause, attempts, inputs }: ManifestItem): string[] {
  const exitCode = attempts.at(-1)?.exitCode;
  const input = inputs.map(({ name }) => printable(name)).join(' ');
  return [id, cause ?? status, exitCode?.toString() ?? '-', input];
}
