import type { LogLevel } from './app/core-types.ts';

/** The lowest level that is logged of a category and of those below it; `default` is for the rest. */
export type LogLevels = Record<string, LogLevel>;

const ranks: LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

/** True when an entry is to be written: the longest category in `levels` that fits decides. */
export function isLogged(levels: LogLevels, category: string, level: LogLevel): boolean {
  if (level === 'none') return false;
  return ranks.indexOf(level) >= ranks.indexOf(levelFor(levels, category));
}

function levelFor(levels: LogLevels, category: string): LogLevel {
  let parts = category.toLowerCase().split('.');
  while (parts.length > 0) {
    const level = levels[parts.join('.')];
    if (level) return level;
    parts = parts.slice(0, -1);
  }
  return levels['default'] ?? 'information';
}

/** The level that host.json names, or undefined when there is none of that name. */
export function parseLogLevel(text: unknown): LogLevel | undefined {
  const name = String(text).toLowerCase();
  return ranks.find((level) => level === name);
}
