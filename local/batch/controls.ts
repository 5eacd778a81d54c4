import type { Faults } from './faults/faults.ts';
import type { Simulation } from './virtual/template.ts';
import type { VirtualTimeSettings } from './virtual/virtual-clock.ts';

/** What whoever runs the emulator may turn while it runs; it outlives the account's being opened anew. */
export interface Controls {
  readonly faults: Faults;
  /** Tasks that are played without processes; undefined when all are real. */
  simulation: Simulation | undefined;
  /** The description that it was read from. */
  simulationGiven: unknown;
  /** Undefined when time is real. */
  readonly time: VirtualTimeSettings | undefined;
}
