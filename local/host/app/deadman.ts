import { Worker } from 'node:worker_threads';

/**
 * Kills this process soon after the host has gone, also while a function blocks the event loop: a
 * thread of its own watches, since the main one would not hear that the channel has closed.
 */
export function startDeadman(): void {
  const watcher = new Worker(source, { eval: true, workerData: { parent: process.ppid } });
  watcher.unref();
}

const source = `
  const { parent } = require('node:worker_threads').workerData;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, 500);`;
