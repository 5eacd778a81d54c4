import type { Command } from 'commander';
import { collect, type Runs, withExamples, withTarget } from './parts.ts';

/** Commands on pipeline files and on what goes into pipelines. */
export function addPipelines(program: Command, runs: Runs): void {
  withExamples(
    program
      .command('init [path]')
      .description('write a pipeline file with comments and a sample input')
      .option('--example <name>', 'one of the examples that come with Sluice, such as log-rollup')
      .option('--json', 'print JSON')
      .action(runs(async () => (await import('../commands/init.ts')).init)),
    ['init', 'pipeline.yaml and sample/ in this folder'],
    ['init words', 'the same in the folder words, for a pipeline of that name'],
    ['init --example log-rollup logs', 'the example log-rollup in the folder logs'],
  );
  withExamples(
    program
      .command('validate <file...>')
      .description('check pipeline files here, without the API: every fault with place and fix')
      .option('--json', 'print JSON')
      .action(runs(async () => (await import('../commands/validate.ts')).validate)),
    ['validate pipeline.yaml', 'ends with 0 when it could be applied, with 2 when not'],
    ['validate pipelines/*.yaml --json', 'for editors and CI'],
  );
  withExamples(
    withTarget(
      program
        .command('apply <file...>')
        .description('store pipeline files')
        .action(runs(async () => (await import('../commands/apply.ts')).apply)),
    ),
    ['apply pipeline.yaml', 'from now on drops start runs as it says'],
  );
  withExamples(
    withTarget(
      program
        .command('drop <pipeline> <path...>')
        .description("upload files and folders to a pipeline's container")
        .action(runs(async () => (await import('../commands/drop.ts')).drop)),
    ),
    ['drop words sample', 'every file in sample/ under a name that the pipeline takes'],
    ['drop words a.txt b.txt && sluice watch', 'and follow the run that they start'],
  );
  addHolding(program, runs);
  addPlan(program, runs);
  addRun(program, runs);
}

function addHolding(program: Command, runs: Runs): void {
  const load = () => import('../commands/pipelines.ts');
  withExamples(
    withTarget(
      program
        .command('pipelines')
        .description('list the pipelines, whether they are paused, and when they come due')
        .action(runs(async () => (await load()).pipelines)),
    ),
    ['pipelines', 'what has been applied'],
  );
  withExamples(
    withTarget(
      program
        .command('pause <pipeline>')
        .description('have a pipeline start no runs by itself; what is dropped gathers')
        .action(runs(async () => (await load()).pause)),
    ),
    ['pause words', 'runs under way go on, and `run words` still starts one'],
  );
  withExamples(
    withTarget(
      program
        .command('resume <pipeline>')
        .description('let a paused pipeline go on; what gathered becomes runs')
        .action(runs(async () => (await load()).resume)),
    ),
    ['resume words', 'times of its schedule that passed meanwhile are not made up for'],
  );
  withExamples(
    withTarget(
      program
        .command('delete <pipeline>')
        .description('remove a pipeline that has no runs under way; its past runs stay')
        .action(runs(async () => (await load()).remove)),
    ),
    ['delete words', 'drops that waited are set aside'],
  );
}

function addPlan(program: Command, runs: Runs): void {
  withExamples(
    withTarget(
      withInputs(
        program
          .command('plan <pipeline>')
          .description(
            'show what a run would be, and change nothing; PIPELINE is a name or a file',
          ),
      ).action(runs(async () => (await import('../commands/plan.ts')).plan)),
    ),
    ['plan pipeline.yaml', 'a file as it stands, which need not be applied'],
    ['plan words', 'what the next run would take of the blobs that are there'],
    ['plan prices --param paths=20000 --json', 'for programs'],
  );
}

function withInputs(command: Command): Command {
  return command
    .option('--input <name>', 'a blob by name or URL, or JSON; again for more', collect)
    .option('--inputs-from <file>', 'inputs from a file, one a line, or JSON; - reads stdin')
    .option('--param <name=value>', 'a parameter of the pipeline; again for more', collect);
}

function addRun(program: Command, runs: Runs): void {
  withExamples(
    withTarget(
      withInputs(
        program
          .command('run <pipeline>')
          .description('start a run over named inputs, and print its id'),
      )
        .option('--idempotency-key <key>', 'the same key never starts a second run')
        .option('--wait', 'follow the run and end with its result')
        .action(runs(async () => (await import('../commands/run.ts')).run)),
    ),
    ['run words --input in/a.txt --wait', 'over one blob that is in the container already'],
    ['run words --inputs-from names.txt', 'over the blobs that the file names'],
    ['run prices --param paths=20000', 'a pipeline with parameters'],
  );
}
