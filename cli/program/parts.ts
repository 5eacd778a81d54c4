import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../errors.ts';
import { DEFAULT_DATA_DIR } from '../package-root.ts';

type Action = (...args: never[]) => Promise<ExitCode>;

/** Makes a command's action of what loads its code, so that other commands do not wait for it. */
export type Runs = (load: () => Promise<Action>) => (...given: unknown[]) => Promise<void>;

/** A line to type, without the program's name, and what it is for. */
export type Example = readonly [line: string, purpose: string];

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Shows the examples below the command's help. */
export function withExamples(command: Command, ...examples: Example[]): Command {
  EXAMPLES.set(command, examples);
  const lines = examples.map(([line, purpose]) => `  sluice ${line}\n      ${purpose}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

/** Options by which a command finds the API. */
export function withTarget(command: Command, { json } = { json: true }): Command {
  command
    .option(
      '--url <url>',
      'base of the HTTP API (default: SLUICE_URL, or the stack that runs here)',
    )
    .option('--data-dir <dir>', 'data folder of the local stack', DEFAULT_DATA_DIR);
  return json ? command.option('--json', 'print JSON') : command;
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Give a number from 0 to 65535.');
}

/** For an option that may be given again and again, each time with one value. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
