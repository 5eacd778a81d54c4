import { EXIT, type ExitCode } from '../errors.ts';
import { createProgram } from '../program.ts';
import { completionScript, type Shell } from '../program/completion.ts';
import { treeOf } from '../program/tree.ts';

/** Prints a script by which a shell completes this command line. */
export function completion(shell: Shell): Promise<ExitCode> {
  const program = createProgram(() => async () => {});
  process.stdout.write(completionScript(shell, treeOf(program)));
  return Promise.resolve(EXIT.done);
}
