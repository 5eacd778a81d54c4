/** What a virtual clock waits for. */
export interface VirtualTimer {
  /** Milliseconds since 1970. */
  at: number;
  /** Orders timers of the same time: first started, first called. */
  order: number;
  callback: () => void | Promise<void>;
  cancelled: boolean;
  /** A limit, for whose sake alone time does not move on. */
  limit: boolean;
}

/** Timers, the next one first: a binary heap. Cancelled ones are dropped when they come up. */
export class TimerHeap {
  readonly #timers: VirtualTimer[] = [];

  add(timer: VirtualTimer): void {
    const timers = this.#timers;
    let index = timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, timers[parent])) break;
      timers[index] = timers[parent] as VirtualTimer;
      index = parent;
    }
    timers[index] = timer;
  }

  /** The next timer, which stays. */
  peek(): VirtualTimer | undefined {
    while (this.#timers[0]?.cancelled === true) this.#removeFirst();
    return this.#timers[0];
  }

  /** Takes the next timer if its time has come. */
  takeDue(now: number): VirtualTimer | undefined {
    const first = this.peek();
    if (first === undefined || first.at > now) return undefined;
    this.#removeFirst();
    return first;
  }

  clear(): void {
    this.#timers.length = 0;
  }

  #removeFirst(): void {
    const timers = this.#timers;
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= timers.length) break;
      if (before(timers[child + 1], timers[child])) child++;
      const smaller = timers[child];
      if (!before(smaller, last) || smaller === undefined) break;
      timers[index] = smaller;
      index = child;
    }
    timers[index] = last;
  }
}

function before(a: VirtualTimer | undefined, b: VirtualTimer | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
