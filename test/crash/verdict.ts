/** What was known right after a kill. */
export interface Death {
  /** How often each activity had begun. */
  ledger: Map<string, number>;
  /** How many of its ends were kept. */
  kept: Map<string, number>;
}

/**
 * What is wrong with how often activities ran, one sentence each: an end that was kept must not be
 * reached again, and a kill may make an activity run once more but not twice.
 */
export function faults(
  wanted: Map<string, number>,
  deaths: Death[],
  ledger: Map<string, number>,
): string[] {
  const strangers = [...ledger.keys()].filter((name) => !wanted.has(name));
  const found = strangers.map((name) => `${name} ran but is no activity of the orchestration`);
  for (const [name, runs] of wanted) {
    const total = ledger.get(name) ?? 0;
    if (total < runs) found.push(`${name} ran ${total} times in place of ${runs}`);
    const lives = [{ ledger: new Map(), kept: new Map() }, ...deaths];
    for (const [index, death] of lives.entries()) {
      const left = runs - (death.kept.get(name) ?? 0);
      const after = total - (death.ledger.get(name) ?? 0);
      const again = left === 0 ? 0 : deaths.length - index;
      if (after <= left + again) continue;
      found.push(`${name} ran ${after} times after kill ${index} with ${left} ends to come`);
    }
  }
  return found;
}
