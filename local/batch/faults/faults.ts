import { calm, readKnobs, type AllocationKnob, type Knobs, type RequestEffect } from './knobs.ts';
import { createRandom, type Random } from './random.ts';

/** What goes wrong next: the knobs, and the dice that they are thrown with. */
export class Faults {
  #given: unknown = {};
  #knobs: Knobs = calm;
  #dice = new Map<string, Random>();
  #left: number[] = [];
  #commits = 0;

  /** Knobs as they are; see `set`. */
  get knobs(): Knobs {
    return this.#knobs;
  }

  /** The description that the knobs were read from. */
  get given(): unknown {
    return this.#given;
  }

  /** Replaces all knobs by those of a description, which it checks; dice and counts start again. */
  set(given: unknown): void {
    const knobs = readKnobs(given);
    this.#given = given;
    this.#knobs = knobs;
    this.#dice = new Map();
    this.#left = knobs.requests.map(({ times }) => times);
    this.#commits = 0;
  }

  /** What happens to a request: latencies that apply, and the first other effect that does. */
  onRequest(operation: string): { latency: number; effect: RequestEffect | undefined } {
    let latency = 0;
    for (const [index, knob] of this.#knobs.requests.entries()) {
      if (knob.operations?.includes(operation) === false) continue;
      if ((this.#left[index] ?? 0) < 1) continue;
      if (!this.happens(`requests/${index}`, knob.probability)) continue;
      this.#left[index] = (this.#left[index] ?? 0) - 1;
      if (knob.effect.kind !== 'latency') return { latency, effect: knob.effect };
      latency += knob.effect.milliseconds;
    }
    return { latency, effect: undefined };
  }

  /** The allocation knob of a VM size. */
  allocationOf(vmSize: string): AllocationKnob | undefined {
    return this.#knobs.allocation.find(
      (knob) => knob.vmSize === undefined || knob.vmSize.toLowerCase() === vmSize.toLowerCase(),
    );
  }

  /** Throws a knob's dice. */
  happens(name: string, probability: number): boolean {
    return probability > 0 && this.draw(name) < probability;
  }

  /** A number from 0 to 1 of a knob's own dice. */
  draw(name: string): number {
    let random = this.#dice.get(name);
    if (random === undefined) {
      random = createRandom(this.#knobs.seed, name);
      this.#dice.set(name, random);
    }
    return random();
  }

  /** Ends this process as kill -9 does, if that is due at this commit. */
  onCommit(when: 'before' | 'after'): void {
    if (when === 'before') this.#commits++;
    const { beforeCommit, afterCommit } = this.#knobs.kill;
    const due = when === 'before' ? beforeCommit : afterCommit;
    if (due === this.#commits) process.kill(process.pid, 'SIGKILL');
  }
}
