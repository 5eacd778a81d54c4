import type { Garbage } from '../../lib/plan/garbage.ts';
import { connect, type Target } from '../api/locate.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { table } from '../terminal/table.ts';
import { printable } from '../terminal/text.ts';

interface Answer {
  value: Garbage[];
  more: boolean;
}

/** Removes what nobody needs any more, or with `--dry-run` only lists it. */
export async function gc(
  options: Target & { dryRun?: boolean; json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const answer = options.dryRun ? await api.get<Answer>('/gc') : await api.post<Answer>('/gc');
  const lines = options.json
    ? [JSON.stringify(answer, null, 2)]
    : summary(answer, options.dryRun === true);
  for (const line of lines) process.stdout.write(`${line}\n`);
  return EXIT.done;
}

function summary({ value, more }: Answer, dryRun: boolean): string[] {
  if (value.length === 0) return ['nothing to remove'];
  const rows = value.map(({ kind, id, reason }) => [kind, id, reason].map(printable));
  const end = dryRun ? `${value.length} would be removed` : `${value.length} removed`;
  const rest = more ? ['time ran out before all were removed: run it again'] : [];
  return [...table(['what', 'id', 'why'], rows), end, ...rest];
}
