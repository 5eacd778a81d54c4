import { run } from './program.ts';

// A reader that has seen enough (`sluice status | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 2);
});
// Started by bin.js on another Node: when that is killed, this ends as if it had been told to.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

process.exitCode = await run(process.argv.slice(2));
