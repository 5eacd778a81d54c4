import type { Target } from '../api/locate.ts';
import type { Check } from '../doctor/check.ts';
import { machineChecks } from '../doctor/machine.ts';
import { serviceChecks } from '../doctor/service.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { printable } from '../terminal/text.ts';
import { renderSpans, type Span, type Style, wantsColor } from '../terminal/spans.ts';

const LOOKS: Record<Check['verdict'], { sign: string; style: Style }> = {
  ok: { sign: '✔', style: 'green' },
  fault: { sign: '✘', style: 'red' },
  skipped: { sign: '·', style: 'dim' },
};

/** Looks at what Sluice needs, each with a remedy; exit code 2 when something is at fault. */
export async function doctor(options: Target & { json?: boolean }): Promise<ExitCode> {
  const checks = [...(await machineChecks(options.dataDir)), ...(await serviceChecks(options))];
  if (options.json) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
  else for (const line of checks.flatMap(checkLines)) write(line);
  return checks.some(({ verdict }) => verdict === 'fault') ? EXIT.couldNotRun : EXIT.done;
}

function checkLines({ name, verdict, detail, remedy }: Check): Span[][] {
  const { sign, style } = LOOKS[verdict];
  const first: Span[] = [
    { text: sign, style },
    { text: ` ${name.padEnd(8)} ${printable(detail)}` },
  ];
  return remedy === null ? [first] : [first, [{ text: `           ${printable(remedy)}` }]];
}

function write(line: Span[]): void {
  const text = renderSpans(line, Number.POSITIVE_INFINITY, wantsColor(process.stdout));
  process.stdout.write(`${text}\n`);
}
