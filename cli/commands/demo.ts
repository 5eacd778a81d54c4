import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findRunningStack } from '../../local/stack/stack-file.ts';
import { createApi } from '../api/client.ts';
import { rollUp } from '../demo/roll-up.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { launchStack } from '../stack/launch.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';

const DATA_DIR = join(PACKAGE_ROOT, '.sluice', 'demo');

/** Runs the log-rollup example on a fresh local stack, checks its result, and stops everything again. */
export async function demo(): Promise<ExitCode> {
  // Its data would be removed under its feet.
  if (findRunningStack(DATA_DIR)) throw new CliError('Another demo is running from this folder.');
  const interrupted = untilInterrupted();
  await rm(DATA_DIR, { recursive: true, force: true });
  await mkdir(DATA_DIR, { recursive: true });
  process.stdout.write('starting the local stack\n');
  const stack = await launchStack({ dataDir: DATA_DIR });
  try {
    const api = createApi(stack.urls.api, 'The local stack of the demo has ended.');
    const { signal } = interrupted;
    return await rollUp(api, { docs: '/usr/share/doc', dataDir: DATA_DIR, signal });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('interrupted: stopping the local stack\n');
    return EXIT.interrupted;
  } finally {
    await stack.close();
    interrupted.close();
  }
}
