import type { RunStatus } from '../api/types.ts';
import type { Span, Style } from '../terminal/spans.ts';

const LOOKS: Record<RunStatus, [sign: string, style: Style]> = {
  Running: ['▶', 'cyan'],
  Succeeded: ['✔', 'green'],
  CompletedWithFailures: ['!', 'yellow'],
  Failed: ['✘', 'red'],
  Cancelled: ['■', 'yellow'],
};

/** A status by name and sign, so that colour only repeats what can be read. */
export function statusSpan(status: RunStatus): Span {
  const [sign, style] = LOOKS[status];
  return { text: `${sign} ${status}`, style };
}
