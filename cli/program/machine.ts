import { Argument, type Command } from 'commander';
import { DEFAULT_DATA_DIR } from '../package-root.ts';
import { portNumber, type Runs, withExamples, withTarget } from './parts.ts';

/** Commands on the machine and the service rather than on runs. */
export function addMachine(program: Command, runs: Runs): void {
  withExamples(
    withTarget(
      program
        .command('gc')
        .description("remove pools and jobs that are nobody's, and runs and logs kept long enough")
        .option('--dry-run', 'only list what would go')
        .action(runs(async () => (await import('../commands/gc.ts')).gc)),
    ),
    ['gc --dry-run', 'what would be removed, and why'],
  );
  withExamples(
    withTarget(
      program
        .command('doctor')
        .description('check what Sluice needs here, with a remedy for each fault')
        .action(runs(async () => (await import('../commands/doctor.ts')).doctor)),
    ),
    ['doctor', 'this machine, and the stack if one runs'],
    ['doctor --url https://APP.azurewebsites.net', 'an app in Azure, with the key in SLUICE_KEY'],
  );
  withExamples(
    program
      .command('completion')
      .description('print a script that completes commands and options')
      .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
      .action(runs(async () => (await import('../commands/completion.ts')).completion)),
    ['completion bash > ~/.local/share/bash-completion/completions/sluice', 'from the next shell'],
    ['completion zsh > ~/.zfunc/_sluice', 'with ~/.zfunc in fpath'],
    ['completion fish > ~/.config/fish/completions/sluice.fish', 'from the next shell'],
  );
  withExamples(
    program
      .command('demo')
      .description("run examples/log-rollup over this machine's changelogs, and check the result")
      .action(runs(async () => (await import('../commands/demo.ts')).demo)),
    ['demo', 'needs nothing, leaves nothing running'],
  );
}

export function addDev(program: Command, runs: Runs): void {
  withExamples(
    program
      .command('dev')
      .description('start the local stack and stay; Ctrl-C stops it')
      .option('--data-dir <dir>', 'where everything is kept', DEFAULT_DATA_DIR)
      .option('--port <n>', 'port of the HTTP API; 0 takes a free one', portNumber)
      .option('--json', 'print one line of JSON when ready')
      .action(runs(async () => (await import('../commands/dev.ts')).dev)),
    ['dev', 'everything is kept in .sluice/; other commands find it from the same folder'],
    ['dev --port 7071', 'the API at http://127.0.0.1:7071/api'],
  );
}

/** Parts of the local stack that are useful alone. */
export function addParts(program: Command, runs: Runs): void {
  withExamples(
    program
      .command('host <dir>')
      .description('serve any Azure Functions v4 Node app, Durable Functions included')
      .option(
        '--port <n>',
        'port (7071, or what local.settings.json says); 0 takes a free one',
        portNumber,
      )
      .option(
        '--data-dir <dir>',
        'where orchestrations, timers and keys are kept (DIR/.sluice/host)',
      )
      .option('--functions <glob>', 'files to load, in place of "main" in package.json')
      .option('--auth', 'ask for keys, as Azure does')
      .option('--watch', 'load the app anew when its files change')
      .option('--json', 'print one line of JSON when ready')
      .action(runs(async () => (await import('../commands/host.ts')).host)),
    ['host my-functions-app --watch', 'in place of func start'],
  );
  addEmulators(program, runs);
}

function addEmulators(program: Command, runs: Runs): void {
  const emulate = program.command('emulate').description('start one part of the local stack alone');
  withExamples(
    emulate
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
      .action(runs(async () => (await import('../commands/emulate.ts')).emulateBatch)),
    ['emulate batch', 'and then any Batch client against http://127.0.0.1:10100'],
  );
  withExamples(emulate, ['emulate batch --port 0', 'the only part so far']);
}
