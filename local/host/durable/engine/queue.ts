/** First in, first out. An array that is shifted moves all its elements once there are many. */
export interface Queue<T> {
  push(item: T): void;
  /** Undefined when it is empty. */
  shift(): T | undefined;
}

/** Makes an empty queue. */
export function createQueue<T>(): Queue<T> {
  let coming: T[] = [];
  let leaving: T[] = [];
  return {
    push: (item) => void coming.push(item),
    shift() {
      if (leaving.length === 0) {
        leaving = coming.toReversed();
        coming = [];
      }
      return leaving.pop();
    },
  };
}
