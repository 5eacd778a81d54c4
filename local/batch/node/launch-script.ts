import type { ProcessOrder } from './process.ts';

/** A shell that can start programs, each in a process group of its own. */
export interface LaunchShell {
  path: string;
  /** Bash does it itself; other shells need another program for it, which costs half a millisecond. */
  bash: boolean;
}

/**
 * Runs in a shell that stays: for each line read it runs the script in file `$1`, which starts one program, and reports
 * `E <exit code>`. With job control a stopped program counts as done, so its end is waited for.
 */
export function launchLoop(shell: LaunchShell): string {
  return `${shell.bash ? 'set -m' : ''}
while read -r go; do
  . "$1"
  c=$?
  if [ "$c" -gt 128 ] && p=$(jobs -p) && [ -n "$p" ]; then
    while kill -0 "$p" 2>/dev/null; do sleep 0.02; done
    wait "$p"
    c=$?
  fi
  echo "E $c"
done`;
}

/**
 * Shell text that reports `S <pid>` and becomes the program, in a process group of that number. Everything is quoted, so
 * no name or value is ever read as code.
 */
export function launchScript(shell: LaunchShell, order: ProcessOrder): string {
  const entries = Object.entries(order.environment);
  const exports = entries.filter(([name]) => identifier.test(name)).map(assign);
  // A shell cannot export these, env can.
  const others = entries.filter(([name]) => !identifier.test(name)).map(assign);
  const words = [
    ...(others.length > 0 ? ['env', ...others] : []),
    ...(shell.bash ? [] : ['setsid']),
    ...order.words.map(quote),
  ];
  return [
    shell.bash ? '(pid=$BASHPID' : '(read -r pid rest </proc/self/stat',
    'echo "S $pid"',
    `cd ${quote(order.working)} || exit 126`,
    `exec </dev/null >${quote(`${order.directory}/stdout.txt`)} 2>${quote(`${order.directory}/stderr.txt`)}`,
    'unset go c p pid rest PWD OLDPWD SHLVL',
    `export ${exports.join(' ')}`,
    `exec ${words.join(' ')})\n`,
  ].join('\n');
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

function assign([name, value]: [string, string]): string {
  return identifier.test(name) ? `${name}=${quote(value)}` : quote(`${name}=${value}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
