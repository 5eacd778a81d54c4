import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, runCli, startCli } from './cli.ts';

const SHIM = join(ROOT, 'cli', 'bin.js');
/** Makes the shim believe that it runs on an older Node. */
const OLD_NODE = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;

describe('the shim', () => {
  test('runs the command line itself on a Node that is new enough', async () => {
    const { code, stdout } = await runCli(['--version'], { script: SHIM });
    expect([code, stdout]).toEqual([0, '0.1.0\n']);
  });

  test('works from any directory', async () => {
    const { code, stdout } = await runCli(['--version'], { script: SHIM, cwd: tmpdir() });
    expect([code, stdout]).toEqual([0, '0.1.0\n']);
  });
});

describe.runIf(process.platform === 'linux')('on an older Node the shim', () => {
  const env = { NODE_OPTIONS: `--import=${OLD_NODE}` };
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-bin-'));
    const node = join(dir, 'node_modules', `node-linux-${process.arch}`, 'bin');
    await mkdir(node, { recursive: true });
    await mkdir(join(dir, 'cli'));
    await copyFile(SHIM, join(dir, 'cli', 'bin.js'));
    await writeFile(join(dir, 'package.json'), '{"type":"module"}');
    // Stands for the Node that npm brings: ends as its first argument says, or waits.
    await writeFile(join(dir, 'cli', 'main.ts'), '');
    await writeFile(
      join(node, 'node'),
      `#!/bin/sh
trap "echo got it; exit 5" TERM
echo "args $2 $3"
[ "$2" = wait ] || exit "$2"
while :; do sleep 0.05; done
`,
      { mode: 0o755 },
    );
  });
  afterAll(() => rm(dir, { recursive: true }));

  const shim = () => ({ env, script: join(dir, 'cli', 'bin.js') });

  test('starts the Node that npm brought and passes arguments and exit code', async () => {
    const { code, stdout } = await runCli(['7', 'a b'], shim());
    expect([code, stdout]).toEqual([7, 'args 7 a b\n']);
  });

  test('passes signals on', async () => {
    const child = startCli(['wait'], shim());
    const said = text(child.stdout!);
    await once(child.stdout!, 'readable');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([5, null]);
    expect(await said).toContain('got it');
  });

  test('says what it needs where there is no such Node', async () => {
    await rm(join(dir, 'node_modules'), { recursive: true });
    const { code, stderr } = await runCli(['--version'], shim());
    expect(stderr).toMatch(/^sluice: needs Node 24 or newer; this is v[\d.]+ on linux-/);
    expect(code).toBe(2);
  });
});
