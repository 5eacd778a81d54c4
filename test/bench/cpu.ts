import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of CPU by part of the stack; what a part's processes started counts apart. */
export type Cpu = Record<string, number>;

/** CPU that the parts have used up to now; a program counts once it has ended and was waited for, or while it runs. */
export function cpuOf(parts: { name: string; pid: number }[]): Cpu {
  const all = processes();
  const used: Cpu = {};
  for (const { name, pid } of parts) {
    const root = all.get(pid);
    used[name] = root?.own ?? 0;
    const below = (root?.waitedFor ?? 0) + descendants(all, pid);
    if (below > 0) used[BELOW[name] ?? `children of ${name}`] = below;
  }
  return used;
}

/** What was used between two looks, per item. */
export function cpuPerItem(before: Cpu, after: Cpu, items: number): string {
  const each = Object.entries(after).map(([part, ms]): [string, number] => [
    part,
    (ms - (before[part] ?? 0)) / items,
  ]);
  const total = each.reduce((sum, [, ms]) => sum + ms, 0);
  const shown = each.map(([part, ms]) => `${part} ${ms.toFixed(1)}`).join(', ');
  return `  CPU per item, drop to end                   ${total.toFixed(1)} ms: ${shown}`;
}

const BELOW: Record<string, string> = { batch: 'task script and command', host: 'app' };
/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

interface Process {
  parent: number;
  own: number;
  /** Of its children that have ended, and theirs. */
  waitedFor: number;
}

function processes(): Map<number, Process> {
  const all = new Map<number, Process>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? readStat(pid) : null;
    if (stat) all.set(pid, stat);
  }
  return all;
}

function readStat(pid: number): Process | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the last parenthesis may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const sum = (a: number, b: number): number => (Number(fields[a]) + Number(fields[b])) * TICK_MS;
    return { parent: Number(fields[1]), own: sum(11, 12), waitedFor: sum(13, 14) };
  } catch {
    // It has ended since the folder was listed.
    return null;
  }
}

function descendants(all: Map<number, Process>, pid: number): number {
  let sum = 0;
  for (const [id, { parent, own, waitedFor }] of all) {
    if (parent === pid) sum += own + waitedFor + descendants(all, id);
  }
  return sum;
}
