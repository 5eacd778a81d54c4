import { Command, CommanderError } from 'commander';
import { CliError, EXIT, type ExitCode, messageOf } from './errors.ts';
import { VERSION } from './package-root.ts';
import { addPipelines } from './program/files.ts';
import { addDev, addMachine, addParts } from './program/machine.ts';
import type { Runs } from './program/parts.ts';
import { addRuns } from './program/runs.ts';

/** Runs the command line with `args` (without node and script) and gives its exit code; errors go to stderr. */
export async function run(args: string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const runs: Runs = (load) => {
    return async (...given: unknown[]) => {
      const action = await load();
      exitCode = await action(...(given as never[]));
    };
  };
  try {
    await createProgram(runs).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** All commands; each loads its code only when it runs, by `runs`. */
export function createProgram(runs: Runs): Command {
  const program = new Command('sluice')
    .description('Drop files into a container; get results and a manifest.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(sluice --help lists the commands)')
    .addHelpText('after', EXIT_CODES);
  addDev(program, runs);
  addPipelines(program, runs);
  addRuns(program, runs);
  addMachine(program, runs);
  addParts(program, runs);
  return program;
}

const EXIT_CODES = `
Begin with: sluice init
Each command has examples: sluice COMMAND --help
Exit codes: 0 done, 1 items failed or a run did not succeed, 2 could not run, 130 interrupted.`;

/** Tells the person what went wrong; only a mistake of ours comes with a stack trace. */
function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.couldNotRun;
  if (error instanceof CliError) {
    process.stderr.write(`sluice: ${error.message}\n${error.next ? `  ${error.next}\n` : ''}`);
    return error.exitCode;
  }
  const trace = error instanceof Error ? error.stack : undefined;
  process.stderr.write(`sluice: unexpected error: ${trace ?? messageOf(error)}\n`);
  return EXIT.couldNotRun;
}
