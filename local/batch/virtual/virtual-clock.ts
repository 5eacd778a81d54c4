import { createStamps, runGuarded, type Clock, type TimerCallback } from '../time/clock.ts';
import type { Stamp } from '../time/stamp.ts';
import { machineNow, waitReal } from '../time/timer.ts';
import { TimerHeap, type VirtualTimer } from './timer-heap.ts';

/** How virtual time moves on by itself. */
export interface VirtualTimeSettings {
  /** Whether it goes on to what is next as soon as nothing is being done. */
  automatic: boolean;
  /** Milliseconds of the machine's time without a request that may change something, before it goes on. */
  quietMilliseconds: number;
}

/** A clock that stands still until it is moved on. */
export interface VirtualClock extends Clock {
  /** Moves on by some milliseconds; what is due on the way happens at its time, and has settled when this resolves. */
  advance(milliseconds: number): Promise<void>;
  /** Reads the settings again. */
  reconsider(): void;
  /** A request that may change something has come. */
  touch(): void;
}

/** What a virtual clock is made from. */
export interface VirtualClockOptions {
  after: Stamp;
  onError: (error: unknown) => void;
  /** Read whenever it matters. */
  settings: Readonly<VirtualTimeSettings>;
}

/** A virtual clock that starts at the machine's time, or after the last stamp if that is later. */
export function createVirtualClock(options: VirtualClockOptions): VirtualClock {
  return new StandingClock(options);
}

class StandingClock implements VirtualClock {
  readonly #timers = new TimerHeap();
  readonly #options: VirtualClockOptions;
  #now: number;
  #order = 0;
  /** Timers that time moves on for. */
  #underWay = 0;
  /** Work that time stands still for. */
  #held = 0;
  #released: (() => void)[] = [];
  #touched = 0;
  /** One movement at a time. */
  #moving: Promise<void> = Promise.resolve();
  #automatic = false;
  #closed = false;
  readonly stamp: () => Stamp;

  constructor(options: VirtualClockOptions) {
    this.#options = options;
    this.#now = Math.max(machineNow(), Math.ceil(options.after / 1000));
    this.stamp = createStamps(() => this.#now, options.after);
  }

  now(): number {
    return this.#now;
  }

  startTimer(milliseconds: number, callback: TimerCallback): () => void {
    this.#underWay++;
    const cancel = this.#start({ milliseconds, callback, limit: false });
    this.reconsider();
    return cancel;
  }

  startLimit(milliseconds: number, callback: TimerCallback): () => void {
    return this.#start({ milliseconds, callback, limit: true });
  }

  soon(callback: TimerCallback): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    void this.hold(promise);
    setImmediate(() => void runGuarded(callback, this.#options.onError).finally(resolve));
  }

  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work;
    } finally {
      this.#held--;
      if (this.#held === 0) for (const release of this.#released.splice(0)) release();
    }
  }

  close(): void {
    this.#closed = true;
    this.#timers.clear();
  }

  touch(): void {
    this.#touched = machineNow();
  }

  reconsider(): void {
    if (this.#automatic || !this.#options.settings.automatic) return;
    this.#automatic = true;
    void this.#goOn();
  }

  advance(milliseconds: number): Promise<void> {
    const moved = this.#moving.then(() => this.#moveTo(this.#now + milliseconds));
    this.#moving = moved;
    return moved;
  }

  #start(given: { milliseconds: number; callback: TimerCallback; limit: boolean }): () => void {
    const { milliseconds, callback, limit } = given;
    const at = this.#now + Math.max(0, milliseconds);
    const timer: VirtualTimer = { at, order: this.#order++, callback, cancelled: false, limit };
    this.#timers.add(timer);
    return () => {
      if (timer.cancelled) return;
      timer.cancelled = true;
      if (!limit) this.#underWay--;
    };
  }

  async #goOn(): Promise<void> {
    for (;;) {
      await this.#quiet();
      if (this.#closed || !this.#options.settings.automatic || this.#underWay === 0) {
        this.#automatic = false;
        return;
      }
      await (this.#moving = this.#moving.then(() => this.#step(Infinity)));
    }
  }

  /** Waits until nothing is being done, and no request has asked for something for a while. */
  async #quiet(): Promise<void> {
    for (;;) {
      await this.#settled();
      const left = this.#touched + this.#options.settings.quietMilliseconds - machineNow();
      if (left <= 0 || this.#closed) return;
      await waitReal(left);
    }
  }

  async #moveTo(target: number): Promise<void> {
    await this.#settled();
    while (!this.#closed && (this.#timers.peek()?.at ?? Infinity) <= target) {
      await this.#step(target);
    }
    this.#now = Math.max(this.#now, target);
  }

  /** Goes to the next time at which something is due, if that is not too late, and does all of it. */
  async #step(target: number): Promise<void> {
    const next = this.#timers.peek();
    if (next === undefined || next.at > target) return;
    this.#now = Math.max(this.#now, next.at);
    for (let due = this.#timers.takeDue(this.#now); due !== undefined;) {
      if (!due.limit) this.#underWay--;
      // Too late to cancel: counted already.
      due.cancelled = true;
      void this.hold(runGuarded(due.callback, this.#options.onError));
      due = this.#timers.takeDue(this.#now);
    }
    await this.#settled();
  }

  async #settled(): Promise<void> {
    for (;;) {
      // Also after a release: whoever waited for the work goes on first.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#held === 0) return;
      await new Promise<void>((resolve) => this.#released.push(resolve));
    }
  }
}
