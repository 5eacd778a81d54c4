import { createPainter } from '../terminal/painter.ts';
import { wantsColor } from '../terminal/spans.ts';
import { renderFrame } from './frame.ts';
import { renderLine } from './line.ts';
import type { LiveView } from './live-view.ts';

/** Where a live view goes: repainted on a terminal, a line per change elsewhere. */
export interface Screen {
  show(view: LiveView): void;
}

export function createScreen(out: NodeJS.WriteStream, now: () => number = Date.now): Screen {
  return out.isTTY ? paintedScreen(out, now) : printedScreen(out, now);
}

function paintedScreen(out: NodeJS.WriteStream, now: () => number): Screen {
  const painter = createPainter(out);
  return {
    show(view) {
      const options = { columns: out.columns - 1, color: wantsColor(out), now: now() };
      painter.paint(renderFrame(view, options));
    },
  };
}

function printedScreen(out: NodeJS.WriteStream, now: () => number): Screen {
  let previous: LiveView | null = null;
  return {
    show(view) {
      const line = renderLine(view, previous, now());
      previous = view;
      if (line !== null) out.write(`${line}\n`);
    },
  };
}
