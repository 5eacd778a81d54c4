import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CliError } from '../errors.ts';

/** What a person would type to check the demo. */
export const LINE_COUNT_COMMAND = "zcat FILES | awk 'END { print NR }'";

/** Lines in all the gzip files together, counted by the machine's own zcat and awk. */
export async function countLines(paths: readonly string[]): Promise<number> {
  // The names come through xargs: thousands of them do not fit on a command line.
  const script = 'xargs -0 zcat | awk \'END { printf "%d\\n", NR }\'';
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  child.stdin.end(paths.map((path) => `${path}\0`).join(''));
  const answer = await text(child.stdout);
  const [code] = await closed;
  if (code === 0 && /^\d+\n$/.test(answer)) return Number(answer);
  throw new CliError(`Could not count the lines with zcat and awk: exit code ${String(code)}.`);
}
