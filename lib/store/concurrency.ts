/** Runs `work` over all values, at most `limit` at a time; the first failure stops new work and is thrown. */
export async function eachLimited<T>(
  values: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const queue =
    Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let next = await queue.next(); !next.done && !failed; next = await queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/**
 * One run of `work` at a time: whoever asks while it runs shares the run after it, so that everybody's answer is of a
 * run that began after they asked.
 */
export function coalesced<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return (argument) =>
    (next ??= last.then(() => {
      next = undefined;
      const begun = work(argument);
      last = begun.catch(() => {});
      return begun;
    }));
}
