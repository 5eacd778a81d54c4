import { isLogged, type LogLevels } from '../log-levels.ts';
import type { LogLevel } from './core-types.ts';

/** Writes one log entry. `source` is a function's name, or `host`, or `app` for the app as a whole. */
export type Log = (level: LogLevel, source: string, message: string) => void;

/**
 * Logs readable lines to stderr, `12:00:00.000 warn  drop  text`, as far as `levels` lets them
 * through. `suffix` is what stands behind `Function.name` in the category: `.User` for what the app
 * itself writes.
 */
export function createLog(levels: LogLevels, suffix: '' | '.User'): Log {
  return (level, source, message) => {
    if (!isLogged(levels, categoryOf(source, suffix), level)) return;
    const time = new Date().toISOString().slice(11, 23);
    process.stderr.write(`${time} ${shortLevels[level].padEnd(5)} ${source}  ${message}\n`);
  };
}

function categoryOf(source: string, suffix: string): string {
  if (source === 'host') return 'Host';
  return source === 'app' ? 'Worker' : `Function.${source}${suffix}`;
}

const shortLevels: Record<LogLevel, string> = {
  trace: 'trace',
  debug: 'debug',
  information: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'crit',
  none: 'none',
};

/** Makes a function that logs a warning the first time each `key` is seen. */
export function warnOnce(log: Log): (key: string, source: string, message: string) => void {
  const seen = new Set<string>();
  return (key, source, message) => {
    if (seen.has(key)) return;
    seen.add(key);
    log('warning', source, message);
  };
}
