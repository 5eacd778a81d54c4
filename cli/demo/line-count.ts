import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CliError } from '../errors.ts';

/** What a person would type to check the demo; file by file, since a last line may lack its line break. */
export const LINE_COUNT_COMMAND = "for each FILE: zcat FILE | awk 'END { print NR }', added up";

/** Lines in all the gzip files together, counted by the machine's own zcat and awk. */
export async function countLines(paths: readonly string[]): Promise<number> {
  // The names come through xargs: thousands of them do not fit on a command line.
  const each = `for file; do zcat "$file" | awk "END { print NR }" || exit; done`;
  const script = `xargs -0 sh -c '${each}' _ | awk '{ n += $1 } END { printf "%d\\n", n }'`;
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  child.stdin.end(paths.map((path) => `${path}\0`).join(''));
  const answer = await text(child.stdout);
  const [code] = await closed;
  if (code === 0 && /^\d+\n$/.test(answer)) return Number(answer);
  throw new CliError(`Could not count the lines with zcat and awk: exit code ${String(code)}.`);
}
