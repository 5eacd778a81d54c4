import { spawnSync } from 'node:child_process';

const TURNS = 15;

/** Milliseconds that the command line takes to say something, beside those of Node.js doing nothing, turn by turn. */
export function cliStart(): string[] {
  const commands: [string, string[]][] = [
    ['node -e 0', ['-e', '0']],
    ['sluice --version', ['cli/main.ts', '--version']],
    ['sluice --help', ['cli/main.ts', '--help']],
  ];
  const times = commands.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [index, [, args]] of commands.entries()) times[index]?.push(startTime(args));
  }
  return commands.map(([name], index) => {
    const sorted = (times[index] ?? []).toSorted((a, b) => a - b).map(Math.round);
    const aim = index === 0 ? '' : ' (aim: 150 ms)';
    return `${name.padEnd(44)} least ${sorted[0]} ms, p50 ${sorted[Math.floor(TURNS / 2)]} ms${aim}`;
  });
}

function startTime(args: string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
  return performance.now() - began;
}
