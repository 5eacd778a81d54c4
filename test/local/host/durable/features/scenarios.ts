/** How a scenario acts on its instance; `until…` wait. */
export interface Driver {
  raise(name: string, value: unknown): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  terminate(reason: string): Promise<void>;
  /** Waits until its first episode is over. */
  untilRunning(): Promise<void>;
  untilStatus(customStatus: unknown): Promise<void>;
  /** Waits until another instance has ended. */
  untilEnded(instanceId: string): Promise<void>;
}

/** A small orchestration, what happens to it, and how it ends. */
export interface Scenario {
  title: string;
  orchestrator: string;
  input?: unknown;
  act?(driver: Driver, instanceId: string): Promise<void>;
  /** `Completed` when absent. */
  status?: 'Failed' | 'Terminated';
  output: unknown;
  customStatus?: unknown;
  /** Set when it continues as new: its first generation is looked at as well. */
  continues?: true;
  /** Instances that the orchestration leaves besides its own, by the end of their ids. */
  children?: string[];
}

/** Every feature alone, and all of them together. */
export const scenarios: Scenario[] = [
  {
    title: 'activities',
    orchestrator: 'chain',
    output: { second: '["[\\"a\\",1]",null,{"b":2}]', nothing: null },
  },
  { title: 'fan-out', orchestrator: 'fanOut', input: [1, 2, 3, 4], output: [1, 4, 9, 16] },
  {
    title: 'nested Task.all and Task.any',
    orchestrator: 'nested',
    output: { both: 2, pair: [9, 16], winner: 4 },
  },
  {
    title: 'retries',
    orchestrator: 'retried',
    output: { attempt: 3, refused: "Activity function 'refuses' failed:  refuses always" },
  },
  {
    title: 'sub-orchestrations',
    orchestrator: 'families',
    output: {
      results: [[1, 4], [9]],
      failed: "Orchestrator function 'fails' failed: no deep",
    },
    children: ['-named'],
  },
  {
    title: 'a failure',
    orchestrator: 'fails',
    input: 'luck',
    status: 'Failed',
    output: "Orchestrator function 'fails' failed: no luck",
  },
  {
    title: 'events, early, late and several of a name',
    orchestrator: 'events',
    async act(driver) {
      await driver.raise('early', 'before anything else');
      for (const n of [1, 2, 3]) await driver.raise('several', n);
      await driver.raise('late', { last: true });
    },
    output: [{ last: true }, 1, 2, 3, 'before anything else'],
  },
  { title: 'timers, one of them cancelled', orchestrator: 'timers', output: 'fast' },
  {
    title: 'continueAsNew',
    orchestrator: 'generations',
    input: { left: 3, seen: [] },
    output: [9, 4, 1],
    customStatus: { left: 0 },
    continues: true,
  },
  {
    title: 'custom status',
    orchestrator: 'statuses',
    output: null,
    customStatus: { second: [1] },
  },
  {
    title: 'suspend and resume',
    orchestrator: 'events',
    async act(driver) {
      await driver.untilRunning();
      await driver.suspend();
      await driver.raise('late', 'while suspended');
      for (const n of [3, 2, 1]) await driver.raise('several', n);
      await driver.resume();
      await driver.raise('early', 'too late for its name');
    },
    output: ['while suspended', 3, 2, 1, 'too late for its name'],
  },
  {
    title: 'terminate',
    orchestrator: 'events',
    async act(driver) {
      await driver.untilRunning();
      await driver.terminate('enough');
    },
    status: 'Terminated',
    output: 'enough',
  },
  {
    title: 'entities',
    orchestrator: 'counters',
    output: { sum: 5, nothing: 'nothing', twice: 10 },
  },
  {
    title: 'everything at once',
    orchestrator: 'order',
    input: { items: [2, 3], round: 1 },
    async act(driver, instanceId) {
      await driver.untilStatus({ round: 1, step: 'approval' });
      await driver.suspend();
      await driver.raise('approval', 'first round');
      await driver.resume();
      await driver.untilStatus({ round: 2, step: 'approval' });
      await driver.untilEnded(`${instanceId}-child-2`);
      await driver.raise('approval', 'second round');
    },
    output: { approved: 'second round', total: 8 },
    customStatus: { round: 2, step: 'approval' },
    continues: true,
    children: ['-child-1', '-child-2'],
  },
];

/** Every history that a scenario leaves, by the name of its golden file; `read` reads one. */
export function historiesOf<T>(
  scenario: Scenario,
  read: (instanceId: string, generation?: number) => T,
): [string, T][] {
  const id = idOf(scenario);
  return [
    [id, read(id)],
    ...(scenario.continues ? [[`${id}-0`, read(id, 0)] as [string, T]] : []),
    ...(scenario.children ?? []).map((child): [string, T] => [id + child, read(id + child)]),
  ];
}

/** The instance id of a scenario. */
export function idOf({ title }: Scenario): string {
  return title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}
