import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngine } from '../../../local/batch/node/container.ts';

/** The image that tests of a real engine run: a shell, and /image.txt. */
export const image = 'localhost/batch-emulator-test:1';
// Left to themselves engines raise the limits of processes, which this one may not be allowed to.
export const runOptions = '--network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024';

/** Makes an image out of a static busybox, without a registry; returns why that, or running it, does not work here. */
export function prepareEngine(): string | undefined {
  const found = findEngine();
  if (found === undefined) return 'there is neither podman nor docker with its daemon';
  const busybox = '/bin/busybox';
  if (!existsSync(busybox)) return `there is no static ${busybox} to make an image of`;
  const made = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    mkdirSync(join(made, 'root/bin'), { recursive: true });
    copyFileSync(busybox, join(made, 'root/bin/busybox'));
    for (const name of ['sh', 'cat', 'touch', 'sleep', 'true']) {
      symlinkSync('busybox', join(made, 'root/bin', name));
    }
    writeFileSync(join(made, 'root/image.txt'), 'inside the image\n');
    execFileSync('tar', ['-C', join(made, 'root'), '-cf', join(made, 'image.tar'), '.']);
    // Once: an engine keeps what a name stood for before.
    if (spawnSync(found, ['image', 'inspect', image]).status !== 0) {
      execFileSync(found, ['import', join(made, 'image.tar'), image], { stdio: 'pipe' });
    }
    execFileSync(found, ['run', '--rm', ...runOptions.split(' '), image, '/bin/true'], {
      stdio: 'pipe',
    });
    return undefined;
  } catch (error) {
    return `${found} does not work: ${String(error).trim().split('\n').at(-1)}`;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** The containers that have a node's directory, whether they run or not. */
export function containersWith(root: string): string[] {
  const words = ['ps', '--all', '--filter', `volume=${root}`, '--format', '{{.Names}}'];
  return execFileSync(findEngine() ?? '', words, { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}
