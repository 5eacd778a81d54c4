import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { runningInvocation } from './invoke.ts';
import { reportsDescriptor } from './reports.ts';

const beatEvery = 100;

/**
 * Starts the thread that tells the host what blocks this one, and that ends the process soon after
 * the host has gone, also while a function blocks it.
 */
export function startWatcher(): void {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(beat, 0, 1), beatEvery).unref();
  Object.defineProperty(globalThis, running, {
    value: () => {
      const { callId, functionName } = runningInvocation.getStore() ?? {};
      return { callId, functionName };
    },
  });
  const file = new URL(`./watcher-thread${extname(import.meta.filename)}`, import.meta.url);
  const workerData = {
    parent: process.ppid,
    beat,
    reports: reportsDescriptor,
    runningExpression: `globalThis[Symbol.for(${JSON.stringify(running.description)})]()`,
  };
  new Worker(file, { workerData }).unref();
}

const running = Symbol.for('functions-host.running-invocation');
