import type { Faults } from './faults.ts';

/** Something that befalls a node some time after it has started. */
export interface NodeFault {
  kind: 'preemption' | 'failure';
  milliseconds: number;
}

/** What befalls a node that has just started, as the dice of the knobs say. */
export function drawNodeFaults(faults: Faults, dedicated: boolean): NodeFault[] {
  const { preemptionPerMinute, failurePerMinute } = faults.knobs.nodes;
  const preemption = dedicated ? 0 : preemptionPerMinute;
  return [...draw(faults, 'preemption', preemption), ...draw(faults, 'failure', failurePerMinute)];
}

function draw(faults: Faults, kind: NodeFault['kind'], probability: number): NodeFault[] {
  if (probability === 0) return [];
  const minutes = minutesUntil(probability, faults.draw(`nodes/${kind}`));
  return [{ kind, milliseconds: minutes * 60_000 }];
}

/** Minutes until something happens that happens within each minute with some probability, more than 0. */
export function minutesUntil(probabilityPerMinute: number, drawn: number): number {
  // What is certain within each minute happens at any time of the first.
  if (probabilityPerMinute >= 1) return drawn;
  return Math.log(1 - drawn) / Math.log(1 - probabilityPerMinute);
}
