/** Runs `work` over all values, at most `limit` at a time; the first failure stops new work and is thrown. */
export async function eachLimited<T>(
  values: Iterable<T>,
  limit: number,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const queue = values[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && !failed; next = queue.next()) {
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
