import { rmSync } from 'node:fs';
import { launchStack } from '../../cli/stack/launch.ts';
import { connect, temporaryFolder } from '../e2e/harness.ts';
import { dropLatency } from './drop-latency.ts';
import { memory } from './memory.ts';
import { throughput } from './throughput.ts';

/** Measures the whole stack: from drops to the end of their runs. */
export async function benchStack(print: (line: string) => void): Promise<void> {
  const dataDir = temporaryFolder();
  const began = performance.now();
  const stack = await launchStack({ dataDir, log: print });
  try {
    print(
      `stack ready                                  ${Math.round(performance.now() - began)} ms`,
    );
    const sluice = connect(stack.urls, dataDir);
    for (const line of await dropLatency(sluice, 200)) print(line);
    for (const perTask of [1, 50]) {
      const what = { items: 2000, perTask };
      for (const line of await throughput(sluice, what, stack.processes)) print(line);
    }
    for (const line of memory(stack.processes)) print(line);
  } finally {
    await stack.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
