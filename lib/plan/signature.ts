import type { FailureCause } from './failure.ts';
import { sha256 } from './ids.ts';

/** Failures that look the same: cause, exit code and the last line of stderr without what differs from item to item. */
export interface FailureGroup {
  signature: string;
  cause: FailureCause;
  exitCode: number | null;
  line: string | null;
  items: number;
  /** The first items of the group. */
  examples: { item: string; input: string }[];
}

/** Characters of a line that a signature goes by. */
const LINE_LENGTH = 200;
const EXAMPLES = 10;
/** Groups that a manifest lists; what is left is counted under one without a line. */
const MOST_GROUPS = 200;

/** A failed item as far as its signature goes; `text` is what it printed to stderr last, or what Batch said. */
export interface FailedItem {
  item: string;
  input: string;
  cause: FailureCause;
  exitCode: number | null;
  text: string | null;
}

/** The group of one failed item. */
export function groupOf({ item, input, cause, exitCode, text }: FailedItem): FailureGroup {
  const line = text === null ? null : normalisedLine(text, input);
  const signature = sha256(JSON.stringify([cause, exitCode, line])).slice(0, 12);
  return { signature, cause, exitCode, line, items: 1, examples: [{ item, input }] };
}

/** The groups of several parts as one list, the largest first. */
export function mergeGroups(groups: Iterable<FailureGroup>): FailureGroup[] {
  const merged = new Map<string, FailureGroup>();
  for (const group of groups) {
    const other = merged.get(group.signature);
    merged.set(group.signature, {
      ...group,
      items: group.items + (other?.items ?? 0),
      examples: [...(other?.examples ?? []), ...group.examples].slice(0, EXAMPLES),
    });
  }
  const sorted = [...merged.values()].toSorted((a, b) => b.items - a.items);
  return sorted.length > MOST_GROUPS ? mergeGroups(withoutTail(sorted)) : sorted;
}

/** Lines that all differ would make as many groups as items: the smallest ones lose their line. */
function* withoutTail(sorted: FailureGroup[]): Generator<FailureGroup> {
  for (const [index, group] of sorted.entries()) {
    if (index < MOST_GROUPS / 2 || group.line === null) yield group;
    else yield { ...group, line: null, signature: lineless(group) };
  }
}

function lineless({ cause, exitCode }: FailureGroup): string {
  return sha256(JSON.stringify([cause, exitCode, null])).slice(0, 12);
}

/** The last line with something in it, without names, numbers and addresses that are an item's own. */
export function normalisedLine(text: string, input: string): string | null {
  const line = text
    // oxlint-disable-next-line no-control-regex -- colours of terminals
    .replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, '')
    .split(/[\r\n]+/)
    .findLast((candidate) => candidate.trim() !== '');
  if (line === undefined) return null;
  return withoutNames(line, input)
    .replaceAll(/\/[^\s:'"]*\//g, '…/')
    .replaceAll(/\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b/gi, '#')
    .replaceAll(/\d+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, LINE_LENGTH);
}

function withoutNames(line: string, input: string): string {
  const base = input.slice(input.lastIndexOf('/') + 1);
  const stem = base.replace(/(?<=.)\.[^.]*$/, '');
  return [input, base, stem].filter((name) => name.length > 2).reduce(withoutName, line);
}

/** Where a name is part of a longer word it is not meant: an item called `out` is not what `output missing` is about. */
function withoutName(text: string, name: string): string {
  const [first = '', ...rest] = text.split(name);
  return rest.reduce((left, right) => {
    const within = BOTH_IN_A_WORD.test(left.slice(-1) + name.slice(0, 1));
    const goesOn = BOTH_IN_A_WORD.test(name.slice(-1) + right.slice(0, 1));
    return `${left}${within || goesOn ? name : '*'}${right}`;
  }, first);
}

const BOTH_IN_A_WORD = /^[\p{L}\p{N}]{2}$/u;
