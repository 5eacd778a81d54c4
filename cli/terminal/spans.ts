import { styleText } from 'node:util';
import { textWidth, truncate } from './text.ts';

export type Style = Parameters<typeof styleText>[0];

/** A piece of a line in one style; lines are cut to the terminal's width before they are coloured. */
export interface Span {
  text: string;
  style?: Style;
}

/** A line of at most `columns` columns, coloured or plain. */
export function renderSpans(spans: readonly Span[], columns: number, color: boolean): string {
  let room = columns;
  let line = '';
  for (const { text, style } of spans) {
    if (room <= 0) break;
    const cut = truncate(text, room);
    room = cut === text ? room - textWidth(text) : 0;
    line += style && color && cut !== '' ? styleText(style, cut, { validateStream: false }) : cut;
  }
  return line.trimEnd();
}

export function spansWidth(spans: readonly Span[]): number {
  return spans.reduce((width, { text }) => width + textWidth(text), 0);
}

/** Whether to colour what is written to `stream`: FORCE_COLOR decides, then NO_COLOR, then what the terminal can. */
export function wantsColor(
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (none) return false;
  return stream.isTTY && stream.hasColors();
}
