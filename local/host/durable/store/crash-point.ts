/** Called around each commit. */
export type CrashPoint = (side: 'before' | 'after') => void;

/**
 * For the crash tests: the environment variable FUNCTIONS_HOST_KILL_AT, such as `before:17`, kills
 * this process before or after its 17th commit, as `kill -9` does. Does nothing when it is unset.
 */
export function crashPoint(setting = process.env['FUNCTIONS_HOST_KILL_AT']): CrashPoint {
  if (!setting) return () => undefined;
  const [side, count] = setting.split(':');
  let left = Number(count) * 2 - (side === 'before' ? 1 : 0);
  return () => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
