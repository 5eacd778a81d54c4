const longest = 2 ** 31 - 1;

/** Calls back once `milliseconds` have passed, also beyond setTimeout's limit of 24.8 days; returns what cancels it. */
export function startTimer(milliseconds: number, callback: () => void): () => void {
  let left = Math.max(0, milliseconds);
  let handle: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const step = Math.min(left, longest);
    left -= step;
    handle = setTimeout(() => (left > 0 ? arm() : callback()), step);
    handle.unref();
  };
  arm();
  return () => clearTimeout(handle);
}
