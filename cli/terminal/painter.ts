/** Repaints a block of lines in place; what was printed before stays above it. */
export interface Painter {
  paint(lines: readonly string[]): void;
}

/** A painter for a terminal; a block taller than the screen is cut, since what scrolled away cannot be repainted. */
export function createPainter(out: NodeJS.WriteStream): Painter {
  let height = 0;
  return {
    paint(lines) {
      const shown = lines.slice(0, Math.max(1, out.rows - 1));
      const up = height > 0 ? `\x1b[${height}A` : '';
      out.write(`${up}\r${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
      height = shown.length;
    },
  };
}
