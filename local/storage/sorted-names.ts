/** A set of names that is cheap to add to and is read in order; names are compared as UTF-16 code units. */
export interface SortedNames {
  add(name: string): void;
  remove(name: string): void;
  /** All names, sorted; the array is not changed later. */
  all(): readonly string[];
}

/** Makes an empty set. Sorting is put off until the names are read, and only what was added since is sorted. */
export function sortedNames(): SortedNames {
  let sorted: string[] = [];
  const added = new Set<string>();
  const removed = new Set<string>();
  return {
    add(name) {
      removed.delete(name);
      added.add(name);
    },
    remove(name) {
      added.delete(name);
      removed.add(name);
    },
    all() {
      if (added.size > 0 || removed.size > 0) {
        sorted = merge(sorted, [...added].toSorted(compare), removed);
        added.clear();
        removed.clear();
      }
      return sorted;
    },
  };
}

/** Index of the first name that is not below `from`. */
export function lowerBound(names: readonly string[], from: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (String(names[middle]) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The default order of sort() is the same, but it converts each name to a string first.
function compare(a: string, b: string) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function merge(old: readonly string[], fresh: readonly string[], removed: Set<string>): string[] {
  const merged: string[] = [];
  let at = 0;
  for (const name of old) {
    for (let next = fresh[at]; next !== undefined && next <= name; next = fresh[++at]) {
      if (next !== name) merged.push(next);
    }
    if (!removed.has(name)) merged.push(name);
  }
  while (at < fresh.length) merged.push(String(fresh[at++]));
  return merged;
}
