import type { Span } from '../terminal/spans.ts';

/** A bar and its percentage: what is done fills it from the left, and it is full only when everything is done. */
export function barSpans(done: number, total: number | null, width: number): Span[] {
  const share = total ? Math.min(done / total, 1) : 0;
  const filled = Math.floor(share * width);
  const percent = total === null ? '    ' : `${Math.floor(share * 100)}%`.padStart(4);
  return [
    { text: '█'.repeat(filled), style: 'green' },
    { text: '░'.repeat(width - filled), style: 'dim' },
    { text: ` ${percent}` },
  ];
}
