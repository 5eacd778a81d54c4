import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pipelineFile, type Sluice, startSluice, until } from '../../e2e/harness.ts';
import { ROOT, runCli } from '../cli.ts';

const missing = spawnSync('tmux', ['-V']).status !== 0;
const skipped = missing ? ' (skipped: tmux is not here)' : '';

const NAME = 'terminal';
/** What a person types: a run of which one item fails, followed to its end, and why it failed. */
const TYPED = [
  `run ${NAME} --input good.txt --input 'bad \u202e 界.txt' --wait`,
  'status latest',
  'logs latest --failed',
  'status | head -2',
  'plan none.yaml',
];

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
  const command =
    'grep -q good "$INPUT" || { echo "not good" >&2; exit 3; }; cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name: NAME, command, match: 'nothing' }));
  await sluice.drop(NAME, { 'good.txt': 'good', 'bad \u202e 界.txt': '' });
});
afterAll(() => sluice.close());

describe.skipIf(missing)(`in a real terminal${skipped}`, () => {
  test.each([80, 200])(
    'people see frames that fit %i columns and change in place',
    async (columns) => {
      const screen = await typed({ columns, env: {} });
      const wide = screen.plain.filter((line) => line.length > columns);
      // Only what shall be copied in one piece is wrapped by the terminal.
      expect(wide.filter((line) => !line.startsWith('manifest  http'))).toEqual([]);
      await expect(steady(screen.plain)).toMatchFileSnapshot(golden(`terminal-${columns}.txt`));
      expect(screen.coloured).toContain('\u001b[3');
    },
  );

  test('NO_COLOR and a dumb terminal take the colours away and nothing else', async () => {
    const { plain, coloured } = await typed({ columns: 80, env: { NO_COLOR: '1' } });
    expect(coloured).not.toContain('\u001b[3');
    await expect(steady(plain)).toMatchFileSnapshot(golden('terminal-80.txt'));
  });
});

test('piped, a run is followed by one line per change, with no colours and nothing to steer a terminal', async () => {
  const { code, stdout } = await runCli(
    ['run', NAME, '--input', 'good.txt', '--wait', '--data-dir', sluice.dataDir],
    { env: { NO_COLOR: '' } },
  );
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u001b');
  const lines = stdout.trimEnd().split('\n');
  expect(new Set(lines).size).toBe(lines.length);
  expect(lines.at(-1)).toContain('Succeeded');
});

/** What is on the screen once everything typed has ended. */
async function typed(terminal: {
  columns: number;
  env: Record<string, string>;
}): Promise<{ plain: string[]; coloured: string }> {
  const server = `sluice-test-${process.pid}-${terminal.columns}-${Object.keys(terminal.env).length}`;
  const tmux = (...args: string[]): string =>
    spawnSync('tmux', ['-u', '-L', server, '-f', '/dev/null', ...args], { encoding: 'utf8' })
      .stdout;
  const variables = Object.entries({ NO_COLOR: '', ...terminal.env }).map(([name, value]) =>
    value === '' ? `unset ${name};` : `export ${name}=${value};`,
  );
  const cli = `"${process.execPath}" "${join(ROOT, 'cli', 'main.ts')}"`;
  const at = (line: string): string => {
    const [command = '', ...pipe] = line.split(' | ');
    return [`${command} --data-dir "${sluice.dataDir}"`, ...pipe].join(' | ');
  };
  const lines = TYPED.map((line) => `${cli} ${at(line)}; echo "ended $?"`);
  const script = [...variables, ...lines, 'read -r _'].join('\n');
  const size = ['-x', String(terminal.columns), '-y', '60'];
  tmux('new-session', '-d', ...size, 'bash', '--norc', '-c', script);
  try {
    await until('everything that was typed has ended', async () => {
      const ended = tmux('capture-pane', '-p').match(/^ended \d/gm) ?? [];
      return ended.length === TYPED.length || null;
    });
    const plain = tmux('capture-pane', '-p', '-J')
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
    return { plain, coloured: tmux('capture-pane', '-p', '-e') };
  } finally {
    tmux('kill-server');
  }
}

/** Without what differs from run to run. */
function steady(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
    .replaceAll(/\d{12}-[0-9a-f]{12}/g, '261125000000-0123456789ab')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:7071')
    .replaceAll(/ \d:\d\d\b/g, ' 0:01')
    .replaceAll(/ +STARTED/g, ' STARTED')
    .replaceAll(/ +\d+ (s|min) ago/g, ' 1 s ago');
}

function golden(name: string): string {
  return join(import.meta.dirname, '..', 'golden', name);
}
