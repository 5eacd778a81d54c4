import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createApi } from '../api/client.ts';
import { rollUp } from '../demo/roll-up.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { launchStack } from '../stack/launch.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';

const DATA_DIR = join(PACKAGE_ROOT, '.sluice', 'demo');

/** Runs the log-rollup example on a fresh local stack, checks its result, and stops everything again. */
export async function demo(): Promise<ExitCode> {
  const interrupted = untilInterrupted();
  await rm(DATA_DIR, { recursive: true, force: true });
  await mkdir(DATA_DIR, { recursive: true });
  process.stdout.write('starting the local stack\n');
  const stack = await launchStack({ dataDir: DATA_DIR });
  try {
    const api = createApi(stack.urls.api, 'The local stack of the demo has ended.');
    return await rollUp(api, { dataDir: DATA_DIR, signal: interrupted.signal });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('interrupted: stopping the local stack\n');
    return EXIT.interrupted;
  } finally {
    await stack.close();
    interrupted.close();
  }
}
