import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Target } from '../api/locate.ts';
import { findRun, getRun } from '../api/runs.ts';
import type { Run } from '../api/types.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { endedItems, type LoggedItem } from '../logs/items.ts';
import { type Printed, readLogs } from '../logs/read.ts';
import { COMMAND } from '../package-root.ts';
import { printable } from '../terminal/text.ts';
import { byteSize, count } from '../terminal/units.ts';

const BETWEEN_LOOKS_MS = 500;

export interface LogsOptions extends Target {
  item?: string[];
  failed?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  follow?: boolean;
  json?: boolean;
}

/** Prints what items printed, in their order; with `follow` as they end, until the run has. */
export async function logs(text: string, options: LogsOptions): Promise<ExitCode> {
  const api = await connect(options);
  let run = await findRun(api, text);
  const shown = new Set<string>();
  let silent = true;
  for (;;) {
    for await (const item of endedItems(api, run)) {
      if (shown.has(keyOf(item)) || !isWanted(item, options)) continue;
      shown.add(keyOf(item));
      for (const printed of await readLogs(api, { run: run.id, item, ...streams(options) })) {
        print(item, printed, options.json === true);
        silent = false;
      }
    }
    if (!options.follow || run.status !== 'Running') break;
    await sleep(BETWEEN_LOOKS_MS);
    run = await getRun(api, run.id);
  }
  if (shown.size === 0) sayNone(run, options);
  else if (silent) process.stderr.write(`${count(shown.size, 'item')} printed nothing\n`);
  return EXIT.done;
}

/** An item that is tried again is shown again. */
function keyOf({ id, attempt }: LoggedItem): string {
  return `${id} ${attempt}`;
}

function isWanted(item: LoggedItem, { item: ids, failed }: LogsOptions): boolean {
  return (!ids || ids.includes(item.id)) && (!failed || item.status !== 'Succeeded');
}

function streams({ stdout, stderr }: LogsOptions): { stdout: boolean; stderr: boolean } {
  const both = stdout === stderr;
  return { stdout: both || stdout === true, stderr: both || stderr === true };
}

/** Text as it was printed, save what would steer the terminal; where output goes on elsewhere it is said. */
function print(item: LoggedItem, printed: Printed, json: boolean): void {
  const { stream, text, size } = printed;
  if (json) {
    const { id, status, attempt } = item;
    process.stdout.write(`${JSON.stringify({ item: id, status, attempt, stream, size, text })}\n`);
    return;
  }
  const input = item.input === null ? '' : `  ${printable(item.input)}`;
  const cause = item.cause ? `  ${item.cause}` : '';
  process.stdout.write(`== ${item.id}${input}  ${stream}${cause}\n`);
  const bytes = Buffer.byteLength(text);
  if (bytes < size) process.stdout.write(`… the last ${byteSize(bytes)} of ${byteSize(size)}\n`);
  const lines = text.replace(/\n$/, '').split('\n');
  for (const line of lines) process.stdout.write(`${shownLine(line)}\n`);
}

function shownLine(line: string): string {
  return process.stdout.isTTY ? line.split('\t').map(printable).join('\t') : line;
}

function sayNone(run: Run, { item, failed }: LogsOptions): void {
  const { id, status } = run;
  if (item && !failed && status !== 'Running') {
    const next = `See the items with: ${COMMAND} status ${id}`;
    throw new CliError(`Run ${id} has no item ${item.join(', ')} that was run.`, { next });
  }
  const more = status === 'Running' ? `; follow them with: ${COMMAND} logs ${id} -f` : '';
  process.stderr.write(`no item has ${failed ? 'failed' : 'ended'}${more}\n`);
}
