import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CliError, EXIT, type ExitCode, messageOf } from './errors.ts';
import { DEFAULT_DATA_DIR, VERSION } from './package-root.ts';

type Action = (...args: never[]) => Promise<ExitCode>;

/** Runs the command line with `args` (without node and script) and gives its exit code; errors go to stderr. */
export async function run(args: string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const runs = (load: () => Promise<Action>) => {
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

/** The commands; each loads its code only when it runs, so that the others do not wait for it. */
function createProgram(
  runs: (load: () => Promise<Action>) => (...given: unknown[]) => Promise<void>,
) {
  const program = new Command('sluice')
    .description('Drop files into a container; get results and a manifest.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(sluice --help lists the commands)')
    .addHelpText('after', EXIT_CODES);
  program
    .command('dev')
    .description('start the local stack and stay; Ctrl-C stops it')
    .option('--data-dir <dir>', 'where everything is kept', DEFAULT_DATA_DIR)
    .option('--port <n>', 'port of the HTTP API; 0 takes a free one', portNumber)
    .option('--json', 'print one line of JSON when ready')
    .action(runs(async () => (await import('./commands/dev.ts')).dev));
  withTarget(program.command('apply <file...>'))
    .description('store pipeline files')
    .action(runs(async () => (await import('./commands/apply.ts')).apply));
  withTarget(program.command('drop <pipeline> <path...>'))
    .description("upload files and folders to a pipeline's container")
    .action(runs(async () => (await import('./commands/drop.ts')).drop));
  withTarget(program.command('status [run]'))
    .description('list the runs, or show one with its failures')
    .action(runs(async () => (await import('./commands/status.ts')).status));
  withTarget(program.command('watch <run>'), { json: false })
    .description('follow a run until it ends')
    .action(runs(async () => (await import('./commands/watch.ts')).watch));
  withTarget(program.command('cancel <run>'))
    .description('have a run stop, and wait until it has')
    .option('--reason <text>', 'what its manifest shall say')
    .action(runs(async () => (await import('./commands/cancel.ts')).cancel));
  withTarget(program.command('retry <run>'))
    .description('run again what a run that has ended did not get done')
    .option('--failed', 'everything that did not succeed (the default)')
    .option('--item <id...>', 'only these items')
    .option('--cause <cause...>', 'only items with these causes, such as Timeout')
    .action(runs(async () => (await import('./commands/retry.ts')).retry));
  withTarget(program.command('verify <run>'))
    .description('compare the outputs of a run in storage with its manifest')
    .action(runs(async () => (await import('./commands/verify.ts')).verify));
  withTarget(program.command('gc'))
    .description("remove pools and jobs that are nobody's, and runs and logs kept long enough")
    .option('--dry-run', 'only list what would go')
    .action(runs(async () => (await import('./commands/gc.ts')).gc));
  program
    .command('demo')
    .description("run examples/log-rollup over this machine's changelogs, and check the result")
    .action(runs(async () => (await import('./commands/demo.ts')).demo));
  addParts(program, runs);
  return program;
}

/** Parts of the local stack that are useful alone. */
function addParts(
  program: Command,
  runs: (load: () => Promise<Action>) => (...given: unknown[]) => Promise<void>,
): void {
  program
    .command('host <dir>')
    .description('serve any Azure Functions v4 Node app, Durable Functions included')
    .option(
      '--port <n>',
      'port (7071, or what local.settings.json says); 0 takes a free one',
      portNumber,
    )
    .option('--data-dir <dir>', 'where orchestrations, timers and keys are kept (DIR/.sluice/host)')
    .option('--functions <glob>', 'files to load, in place of "main" in package.json')
    .option('--auth', 'ask for keys, as Azure does')
    .option('--watch', 'load the app anew when its files change')
    .option('--json', 'print one line of JSON when ready')
    .action(runs(async () => (await import('./commands/host.ts')).host));
  program
    .command('emulate')
    .description('start one part of the local stack alone')
    .command('batch')
    .description('start the Azure Batch emulator and stay; Ctrl-C stops it')
    .option('--port <n>', 'port to listen on; 0 takes a free one', portNumber, 10_100)
    .option('--account <name>', 'name of the account (default: "devbatch")')
    .option('--key <base64>', 'key of the account (default: a well-known one)')
    .option('--bearer', 'accept bearer tokens, too; who signed them is not checked')
    .option('--data-dir <dir>', 'where everything is kept', `${DEFAULT_DATA_DIR}/batch-emulator`)
    .option('--json', 'print one line of JSON when ready')
    .option('--admin', 'open the endpoints below /_emulator/, which turn the knobs for tests')
    .option('--faults <file>', 'what goes wrong, as JSON')
    .option('--simulate <file>', 'tasks that are played without processes, as JSON')
    .option('--virtual-time', 'time that does not wait; all tasks are simulated')
    .action(runs(async () => (await import('./commands/emulate.ts')).emulateBatch));
}

function withTarget(command: Command, { json } = { json: true }): Command {
  command
    .option(
      '--url <url>',
      'base of the HTTP API (default: SLUICE_URL, or the stack that runs here)',
    )
    .option('--data-dir <dir>', 'data folder of the local stack', DEFAULT_DATA_DIR);
  return json ? command.option('--json', 'print JSON') : command;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 items failed or a run did not succeed, 2 could not run.`;

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Give a number from 0 to 65535.');
}

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
