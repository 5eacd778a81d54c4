import { createQueue } from '../durable/engine/queue.ts';

/** How long work may go on before the event loop gets its turn, in milliseconds. */
const slice = 8;

/**
 * Makes what takes items and runs them in turn, so that however many there are, whatever else comes to
 * this process (requests above all) waits for a slice at most, or one item that is longer. An item that
 * waits for something does not hold up those after it.
 */
export function inSlices<T>(run: (item: T) => Promise<void>): (item: T) => void {
  const queue = createQueue<T>();
  let isRunning = false;
  const pump = async (): Promise<void> => {
    isRunning = true;
    let turn = nextTurn();
    let end = performance.now() + slice;
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const hasPassed = await Promise.race([run(item).then(() => false), turn]);
      if (!hasPassed && performance.now() < end) continue;
      await turn;
      turn = nextTurn();
      end = performance.now() + slice;
    }
    isRunning = false;
  };
  return (item) => {
    queue.push(item);
    if (!isRunning) void pump();
  };
}

function nextTurn(): Promise<true> {
  return new Promise((resolve) => setImmediate(resolve, true));
}
