import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { taskMarker } from './environment.ts';
import { launchLoop, launchScript, type LaunchShell } from './launch-script.ts';
import type { ProcessOrder } from './process.ts';
import { createScriptFile } from './script-file.ts';

/** A program that a launcher has started. */
export interface Launched {
  /** The shell whose child the program is. */
  shell: number;
  /** Its process, group and session; undefined until it is known. */
  pid: () => number | undefined;
  /** The exit code, 128 + n after signal n; rejects when the shell is gone. */
  ended: Promise<number>;
  /** Gives the shell back. Not before a kill of the program is over: it kills whatever is the shell's child. */
  release: () => void;
}

/**
 * Starts programs from small shells that stay: forking this process would cost more the more memory it has (3 ms at
 * 50 MB, 20 ms at 600 MB, measured), forking a shell costs a fraction of a millisecond.
 */
export interface Launcher {
  start(order: ProcessOrder): Launched;
  /** Whether a program was ever started. */
  hasStarted(): boolean;
  /** Ends the shells; none may be at work. */
  close(): void;
}

/** A launcher with its scripts in a directory; its shells carry the directory of all nodes as their mark. */
export function createLauncher(directory: string, nodesDirectory: string): Launcher {
  mkdirSync(directory, { recursive: true });
  const idle: Shell[] = [];
  const all = new Set<Shell>();
  let opened = 0;
  return {
    start(order) {
      let shell = idle.pop();
      while (shell !== undefined && !all.has(shell)) shell = idle.pop();
      shell ??= openShell(join(directory, `${opened++}.sh`), nodesDirectory, all);
      const free = shell;
      return { ...shell.run(order), release: () => void idle.push(free) };
    },
    hasStarted: () => opened > 0,
    close() {
      for (const shell of all) shell.end();
    },
  };
}

interface Shell {
  run(order: ProcessOrder): Omit<Launched, 'release'>;
  end(): void;
}

/** What a shell is doing. */
interface Work {
  pid: number | undefined;
  resolve: (code: number) => void;
  reject: (error: Error) => void;
}

const bashes = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];

function findShell(): LaunchShell {
  const path = bashes.find((candidate) => existsSync(candidate));
  return path === undefined ? { path: '/bin/sh', bash: false } : { path, bash: true };
}

function openShell(script: string, nodesDirectory: string, all: Set<Shell>): Shell {
  const kind = findShell();
  // Bash would read the user's ~/.bashrc: its input is a socket, so it takes itself for a remote shell.
  const flags = kind.bash ? ['--norc', '--noprofile'] : [];
  const child = spawn(kind.path, [...flags, '-c', launchLoop(kind), 'launcher', script], {
    // Marked, so that a start after a crash finds it, even before it has become a task's program.
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', [taskMarker]: nodesDirectory },
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
    detached: true,
  });
  const file = createScriptFile(script);
  let work: Work | undefined;
  const shell: Shell = {
    run(order) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const mine: Work = { pid: undefined, resolve, reject };
      work = mine;
      file.write(launchScript(kind, order));
      child.stdin.write('\n');
      return { shell: child.pid ?? 0, pid: () => mine.pid, ended: promise };
    },
    end: () => child.stdin.end(),
  };
  all.add(shell);
  onLine(child, (line) => {
    if (line.startsWith('S ')) {
      if (work !== undefined) work.pid = Number(line.slice(2));
      return;
    }
    const done = work;
    work = undefined;
    done?.resolve(Number(line.slice(2)));
  });
  const gone = (error?: Error): void => {
    all.delete(shell);
    file.close();
    work?.reject(error ?? new Error('The shell that started the program is gone.'));
    work = undefined;
  };
  child.once('exit', () => gone());
  child.once('error', gone);
  child.stdin.on('error', gone);
  return shell;
}

function onLine(child: ChildProcess, callback: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) callback(line);
  });
}
