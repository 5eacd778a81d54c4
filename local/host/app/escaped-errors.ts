import { stackOf } from './errors.ts';
import { runningInvocation } from './invoke.ts';
import type { Log } from './log.ts';

/**
 * Fails the invocation from whose code an error escaped: one thrown in a callback, or a rejection
 * that nobody waits for. In Azure such an error ends the whole worker process.
 */
export function reportEscapedErrors(log: Log): void {
  const report = (error: unknown): void => {
    const running = runningInvocation.getStore();
    if (!running) return log('error', 'app', `An error escaped from the app: ${stackOf(error)}`);
    const when = running.hasEnded ? ' after it had ended' : '';
    log('error', running.functionName, `An error escaped from it${when}: ${stackOf(error)}`);
    running.fail(error);
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}
