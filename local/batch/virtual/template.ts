import { createRandom } from '../faults/random.ts';
import { expression, milliseconds, probability } from '../faults/rules.ts';
import { checkBody, integer, list, object, oneOf, text, type Rule } from '../validate/rules.ts';
import { invalidProperty } from '../wire/errors.ts';
import { checkPlaceholders } from './placeholders.ts';

/** What simulated tasks do: how long they take, how they end and what they leave. */
export interface Simulation {
  /** Makes all that is left to chance come out the same again. */
  seed: number;
  /** The first that matches a task is for it; a task that none matches runs as a process. */
  tasks: TaskTemplate[];
}

/** What the tasks do that a template is for. */
export interface TaskTemplate {
  jobId?: RegExp;
  taskId?: RegExp;
  commandLine?: RegExp;
  /** Least and most milliseconds. */
  duration: readonly [number, number];
  /** Exit codes other than 0, by their probability. */
  exitCodes: readonly (readonly [number, number])[];
  files: FileTemplate[];
  blobs: BlobTemplate[];
}

/** Something that a simulated task leaves, once or for each of its environment variables that match. */
export interface LeftTemplate {
  when: 'success' | 'failure' | 'always';
  forEach?: { variable: RegExp; value: RegExp };
  /** What it holds, unless `bytes` says how many zeros. */
  text: string;
  bytes?: number;
}

/** A file in the task's directory, for its output files to find. */
export interface FileTemplate extends LeftTemplate {
  /** Relative to the working directory. */
  path: string;
}

/** A blob that a simulated task puts itself, as its program would. */
export interface BlobTemplate extends LeftTemplate {
  containerUrl: string;
  name: string;
}

/** How one try of a task goes. */
export interface TaskPlan {
  template: TaskTemplate;
  milliseconds: number;
  exitCode: number;
}

/** What a template may look at. */
export interface SimulatedTask {
  jobId: string;
  taskId: string;
  commandLine: string;
  /** Counts from 0. */
  try: number;
}

/** Checks a description of simulated tasks; throws a BatchError that names what is wrong, unknown fields included. */
export function readSimulation(given: unknown): Simulation {
  const { seed = 0, tasks } = checkBody(given, {
    seed: integer(0, 2 ** 31),
    'tasks!': list(template),
  });
  return { seed: seed as number, tasks: tasks as TaskTemplate[] };
}

/** How a try goes, which depends on the seed and the task alone; undefined when no template is for the task. */
export function planTask(simulation: Simulation, task: SimulatedTask): TaskPlan | undefined {
  const found = simulation.tasks.find((one) => isFor(one, task));
  if (found === undefined) return undefined;
  const random = createRandom(simulation.seed, task.jobId, task.taskId, task.try);
  const [least, most] = found.duration;
  return {
    template: found,
    milliseconds: drawDuration(least, most, random()),
    exitCode: drawExitCode(found.exitCodes, random()),
  };
}

/** In steps that are small beside the duration: the fewer times at which something happens, the faster time passes. */
function drawDuration(least: number, most: number, drawn: number): number {
  if (least === most) return least;
  const step = Math.min(1000, Math.max(1, 10 ** Math.floor(Math.log10(Math.max(1, least) / 10))));
  return least + Math.floor((drawn * (most - least)) / step) * step;
}

function isFor(one: TaskTemplate, task: SimulatedTask): boolean {
  return (['jobId', 'taskId', 'commandLine'] as const).every(
    (name) => one[name]?.test(task[name]) !== false,
  );
}

function drawExitCode(codes: TaskTemplate['exitCodes'], drawn: number): number {
  let below = 0;
  for (const [code, share] of codes) {
    below += share;
    if (drawn < below) return code;
  }
  return 0;
}

const template: Rule<TaskTemplate> = (value, name) => {
  const { duration, exitCode, files, blobs, ...matching } = object({
    jobId: expression,
    taskId: expression,
    commandLine: expression,
    duration: durations,
    exitCode: exitCodes,
    files: list(left(['path'])),
    blobs: list(left(['containerUrl', 'name'])),
  })(value, name);
  return {
    ...matching,
    duration: (duration ?? [1000, 1000]) as TaskTemplate['duration'],
    exitCodes: (exitCode ?? []) as TaskTemplate['exitCodes'],
    files: (files ?? []) as FileTemplate[],
    blobs: (blobs ?? []) as BlobTemplate[],
  };
};

const durations: Rule<readonly [number, number]> = (value, name) => {
  if (!Array.isArray(value)) {
    const one = milliseconds(value, name);
    return [one, one];
  }
  const [least, most, ...others] = list(milliseconds)(value, name);
  if (least !== undefined && most !== undefined && least <= most && others.length === 0) {
    return [least, most];
  }
  throw invalidProperty(name, value, 'It must be one duration, or the least and the most.');
};

const exitCodes: Rule<[number, number][]> = (value, name) => {
  if (typeof value === 'number') return [[integer(0, 255)(value, name), 1]];
  const shares = object(
    Object.fromEntries(
      Object.keys(Object(value)).map((code) => {
        integer(0, 255)(Number(code), `${name}.${code}`);
        return [code, probability];
      }),
    ),
  )(value, name);
  const codes = Object.entries(shares).map(([code, share]): [number, number] => [
    Number(code),
    Number(share),
  ]);
  if (codes.reduce((sum, [, share]) => sum + share, 0) <= 1) return codes;
  throw invalidProperty(name, value, 'The probabilities must not come to more than 1.');
};

function left(names: readonly string[]): Rule {
  const whole = object({
    ...Object.fromEntries(names.map((one) => [`${one}!`, placed])),
    when: oneOf('success', 'failure', 'always'),
    forEach: object({ 'variable!': expression, 'value!': expression }),
    text: placed,
    bytes: integer(0, 2 ** 30),
  });
  return (value, name) => ({ when: 'always', text: '', ...whole(value, name) });
}

const placed: Rule<string> = (value, name) => {
  const found = text()(value, name);
  checkPlaceholders(found, name);
  return found;
};
