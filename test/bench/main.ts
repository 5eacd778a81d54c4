import { benchApi } from './api.ts';
import { benchBatch } from './batch/batch.ts';
import { benchCalls } from './calls.ts';
import { benchHost } from './host/host.ts';
import { benchStack } from './stack.ts';

/**
 * Measures this version on this machine and prints what is, one line a figure: all parts, or the
 * ones named as arguments.
 */
const parts = {
  batch: benchBatch,
  host: benchHost,
  stack: benchStack,
  calls: benchCalls,
  api: benchApi,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  throw new Error(`No bench "${unknown.join(', ')}"; expected ${Object.keys(parts).join(', ')}.`);
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);
for (const [name, bench] of Object.entries(parts)) {
  if (names.length === 0 || names.includes(name)) await bench(print);
}
