import type { Command } from 'commander';
import { collect, type Runs, withExamples, withTarget } from './parts.ts';

const WHICH = `
RUN is the id of a run, its beginning or its end where that is enough, or latest.`;

/** Commands on runs. */
export function addRuns(program: Command, runs: Runs): void {
  addLooking(program, runs);
  addResults(program, runs);
  withExamples(
    withTarget(
      program
        .command('cancel <run>')
        .description('have a run stop, and wait until it has')
        .option('--reason <text>', 'what its manifest shall say')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/cancel.ts')).cancel)),
    ),
    ['cancel latest --reason "wrong files"', 'what was done by then stays'],
  );
  withExamples(
    withTarget(
      program
        .command('retry <run>')
        .description('run again what a run that has ended did not get done')
        .option('--failed', 'everything that did not succeed (the default)')
        .option('--item <id...>', 'only these items')
        .option('--cause <cause...>', 'only items with these causes, such as Timeout')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/retry.ts')).retry)),
    ),
    ['retry latest', 'everything that did not succeed'],
    ['retry latest --cause Timeout NodeLost', 'only what may come out otherwise'],
  );
}

function addLooking(program: Command, runs: Runs): void {
  withExamples(
    withTarget(
      program
        .command('status [run]')
        .description('list the runs, or show one with its failures')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/status.ts')).status)),
    ),
    ['status', 'the newest hundred runs'],
    ['status latest', 'the newest one, and why items failed'],
    ['status latest --json', 'for programs'],
  );
  withExamples(
    withTarget(
      program
        .command('watch [run]')
        .description('follow a run until it ends, or whatever goes on')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/watch.ts')).watch)),
    ),
    ['watch', 'what runs now, or is about to start'],
    ['watch 1ab870cd937e', 'the run whose id ends so'],
  );
  withExamples(
    withTarget(
      program
        .command('logs <run>')
        .description('print what the items of a run printed')
        .option('--item <id>', 'only this item; again for more', collect)
        .option('--failed', 'only items that did not succeed')
        .option('--stdout', 'only what went to stdout')
        .option('--stderr', 'only what went to stderr')
        .option('-f, --follow', 'go on with items as they end, until the run has')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/logs.ts')).logs)),
    ),
    ['logs latest --failed', 'why items failed, in their own words'],
    ['logs latest --item 000017 --stdout', 'one stream of one item'],
    ['logs latest -f', 'everything, while the run goes'],
  );
}

function addResults(program: Command, runs: Runs): void {
  withExamples(
    withTarget(
      program
        .command('outputs <run>')
        .description('list the outputs of a run that has ended, or download them')
        .option('--item <id>', 'only of this item, or of merge; again for more', collect)
        .option('--download <dir>', 'write them to DIR/ITEM/NAME; what is there already stays')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/outputs.ts')).outputs)),
    ),
    ['outputs latest', 'item, name, size and URL'],
    ['outputs latest --item merge --download .', "the merge's outputs, as ./merge/NAME"],
    ['outputs latest --download results', 'all of them; typed again it goes on where it stopped'],
  );
  withExamples(
    withTarget(
      program
        .command('verify <run>')
        .description('compare the outputs of a run in storage with its manifest')
        .addHelpText('after', WHICH)
        .action(runs(async () => (await import('../commands/verify.ts')).verify)),
    ),
    ['verify latest', 'ends with 1 when an output is gone or was written again'],
  );
}
