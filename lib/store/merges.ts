import { commitJson, listRunFiles, readRunJson } from './runs.ts';

/** `merges/{attempt}.json`, first wins: one attempt at the merge of a generation. */
export interface MergeAttempt {
  /** Counts the attempts of all generations. */
  attempt: number;
  generation: number;
  /** Attempts of its generation up to and with it. */
  tried: number;
  /** Milliseconds since 1970 before which its task is not added. */
  notBefore: number;
}

/** Every attempt at the merge of a generation, in order. */
export async function listMerges(run: string, generation: number): Promise<MergeAttempt[]> {
  const attempts: MergeAttempt[] = [];
  for (const number of await mergeNumbers(run)) {
    const attempt = await readRunJson<MergeAttempt>(run, fileOf(number));
    if (attempt?.generation === generation) attempts.push(attempt);
  }
  return attempts;
}

/** Commits the attempt that follows the last one of its generation, if any; returns the one that stands. */
export async function commitMerge(
  run: string,
  generation: number,
  last: MergeAttempt | undefined,
  notBefore: number,
): Promise<MergeAttempt> {
  const before = last?.attempt ?? (await mergeNumbers(run)).at(-1) ?? 0;
  const attempt = Math.max(before + 1, generation);
  const tried = (last?.tried ?? 0) + 1;
  return commitJson(run, fileOf(attempt), { attempt, generation, tried, notBefore });
}

async function mergeNumbers(run: string): Promise<number[]> {
  const names = await listRunFiles(run, 'merges/');
  return names.map((name) => Number.parseInt(name, 10)).toSorted((a, b) => a - b);
}

function fileOf(attempt: number): string {
  return `merges/${attempt}.json`;
}
