import { readdirSync, readFileSync } from 'node:fs';

/** Ids of a process and of those that it started: the host's one is the app's. */
export function withChildren(pid: number): number[] {
  return [
    pid,
    ...readdirSync('/proc')
      .map(Number)
      .filter((each) => parentOf(each) === pid),
  ];
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // State and parent follow the name, which is in parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // Not a process, or one that has ended meanwhile.
    return null;
  }
}
