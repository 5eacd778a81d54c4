import { pad, textWidth } from './text.ts';

/** Rows as aligned columns, two spaces apart; a heading that begins with a space is aligned to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const titles = headings.map((heading) => heading.trimStart());
  const aligns = headings.map((heading) => (heading.startsWith(' ') ? 'right' : 'left'));
  const widths = titles.map((title, column) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  return [titles, ...rows].map((cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, aligns[column]))
      .join('  ')
      .trimEnd(),
  );
}
