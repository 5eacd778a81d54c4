import type { FailureGroup, Manifest, ManifestItem, Run } from '../api/types.ts';
import { table } from '../terminal/table.ts';
import { printable, textWidth } from '../terminal/text.ts';
import { age, clockTime } from '../terminal/units.ts';
import { elapsed, knownItems } from './live-view.ts';
import { statusSpan } from './status.ts';

const SHOWN = 10;

const HEADINGS = ['RUN', 'STATUS', ' SUCCEEDED', ' FAILED', ' TIME', ' STARTED'];

/** Runs as a table, in the order given; the last columns, which matter least, are left out where there is no room. */
export function runTable(runs: readonly Run[], now: number, columns: number): string[] {
  const rows = runs.map((run) => runRow(run, now));
  for (let shown = HEADINGS.length; ; shown--) {
    const lines = table(
      HEADINGS.slice(0, shown),
      rows.map((row) => row.slice(0, shown)),
    );
    if (shown === 1 || lines.every((line) => textWidth(line) <= columns)) return lines;
  }
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

/** What went wrong: the failures in groups that look the same, and then the first ten items by cause, exit code and input. */
export function failureLines({ counts, items, failures, parts }: Manifest): string[] {
  const failed = counts.items - counts.succeeded;
  if (failed === 0) return [];
  const groups = groupLines(failures);
  if (!items) return [...groups, `the manifest's ${parts?.length ?? 0} parts name all ${failed}`];
  const failing = items.filter(({ status }) => status !== 'Succeeded');
  const rows = failing.slice(0, SHOWN).map(failureRow);
  const rest = moreLine(failing.length - rows.length);
  const hints = hintLines(failures);
  return [...groups, ...table(['ITEM', 'CAUSE', ' EXIT', 'INPUT'], rows), ...rest, ...hints];
}

/** Failures in groups, the largest first; docs/failures.md has each cause with its remedy. */
export function groupLines(failures: readonly FailureGroup[]): string[] {
  const rows = failures
    .slice(0, SHOWN)
    .map(({ items, cause, exitCode, line }) => [
      String(items),
      cause,
      exitCode?.toString() ?? '-',
      printable(line ?? '-'),
    ]);
  if (rows.length === 0) return [];
  const more = moreLine(failures.length - rows.length);
  return [...table([' FAILED', 'CAUSE', ' EXIT', 'LAST LINE OF STDERR'], rows), ...more, ''];
}

/** What the shell means by its own exit codes. */
function hintLines(failures: readonly FailureGroup[]): string[] {
  const has = (code: number) => failures.some(({ exitCode }) => exitCode === code);
  return [
    ...(has(127) ? ['exit 127: the command names a program that is not on the node'] : []),
    ...(has(126) ? ['exit 126: the command names a file that may not be run'] : []),
  ];
}

function moreLine(more: number): string[] {
  return more > 0 ? [`+${more} more`] : [];
}

function failureRow({ id, status, cause, attempts, inputs }: ManifestItem): string[] {
  const exitCode = attempts.at(-1)?.exitCode;
  const input = inputs.map(({ name }) => printable(name)).join(' ');
  return [id, cause ?? status, exitCode?.toString() ?? '-', input];
}
