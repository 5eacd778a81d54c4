import { type Matrix, MOST_ITEMS, SOURCES } from './fields/items.ts';
import type { ParamSpecs } from './fields/params.ts';
import { countPoints, matrixFault } from './matrix.ts';
import { describeParam, fits } from './params.ts';
import { clash, describeClash, type Named } from './variables.ts';

/** What is wrong between fields: `message` is what was expected, `params.fix` what to do. */
export interface Fault {
  path: (string | number)[];
  message: string;
  params: { fix: string };
}

/** A pipeline as far as it says where items and their values come from. */
interface Sources {
  on: { drop?: unknown; schedule?: unknown };
  params: ParamSpecs;
  tasks: {
    forEach: (typeof SOURCES)[number];
    list?: Record<string, unknown>[] | undefined;
    matrix?: Matrix | undefined;
    prefix?: unknown;
    lines?: { from?: unknown } | undefined;
    chunks?: unknown;
  };
}

/** Everything about a pipeline's items and parameters that no field tells by itself. */
export function checkSources(pipeline: Sources): Fault[] {
  return [
    ...sourceFaults(pipeline),
    ...dropFaults(pipeline),
    ...scheduleFaults(pipeline),
    ...matrixFaults(pipeline),
    ...paramFaults(pipeline),
    ...nameFaults(pipeline),
  ];
}

const fault = (path: Fault['path'], message: string, fix: string): Fault => ({
  path,
  message,
  params: { fix },
});

/** Each source but `drop` has a field of its own, which no other source reads; a list may come with the request. */
function sourceFaults({ tasks }: Sources): Fault[] {
  const faults: Fault[] = [];
  for (const source of SOURCES) {
    if (source === 'drop') continue;
    const given = tasks[source] !== undefined;
    if (tasks.forEach === source && !given && source !== 'list') {
      const message = `a mapping that says what to make items of, since forEach is ${source}`;
      faults.push(fault(['tasks', source], message, `add tasks.${source}`));
    }
    if (tasks.forEach !== source && given) {
      const message = `no such field, since forEach is ${tasks.forEach}`;
      faults.push(fault(['tasks', source], message, `remove it, or write forEach: ${source}`));
    }
  }
  return faults;
}

/** Drops that no item is made of would start runs for nothing. */
function dropFaults({ on, tasks }: Sources): Fault[] {
  if (on.drop === undefined) return [];
  const fixed = tasks.forEach === 'lines' && tasks.lines?.from !== undefined;
  if (['drop', 'lines', 'chunks'].includes(tasks.forEach) && !fixed) return [];
  const message = `no drop, since items come from tasks.${tasks.forEach}${fixed ? '.from' : ''} and not from drops`;
  return [fault(['on', 'drop'], message, 'remove on.drop')];
}

/** A schedule has no inputs to give: what the pipeline does not have itself must have been dropped. */
function scheduleFaults({ on, tasks }: Sources): Fault[] {
  if (on.schedule === undefined || on.drop !== undefined) return [];
  const { forEach } = tasks;
  const own =
    forEach === 'matrix' ||
    forEach === 'prefix' ||
    (forEach === 'list' && tasks.list !== undefined) ||
    (forEach === 'lines' && tasks.lines?.from !== undefined);
  if (own) return [];
  const message = `no schedule alone, since forEach ${forEach} needs inputs and a schedule has none to give`;
  const remedy = { list: 'add tasks.list', lines: 'add on.drop or tasks.lines.from' };
  const fix = forEach === 'list' || forEach === 'lines' ? remedy[forEach] : 'add on.drop';
  return [fault(['on', 'schedule'], message, fix)];
}

function matrixFaults({ tasks: { matrix } }: Sources): Fault[] {
  if (!matrix) return [];
  const wrong = matrixFault(matrix);
  if (wrong) return [fault(['tasks', 'matrix'], wrong, 'correct the points')];
  const count = countPoints(matrix);
  if (count <= MOST_ITEMS) return [];
  const message = `at most ${MOST_ITEMS} points; these axes make ${count}`;
  return [
    fault(['tasks', 'matrix'], message, 'take fewer values, or do several of them in one item'),
  ];
}

function paramFaults({ on, params }: Sources): Fault[] {
  return Object.entries(params).flatMap(([name, spec]) => {
    const at = ['params', name];
    if (spec.default === undefined) {
      if (on.drop === undefined && on.schedule === undefined) return [];
      const message = 'a parameter with a default, since a drop or a schedule has none to give';
      return [fault(at, message, `add a default to params.${name}`)];
    }
    if (fits(spec, spec.default)) return [];
    return [fault([...at, 'default'], describeParam(spec), 'correct the default or the limits')];
  });
}

/** Parameters, fields and axes share one namespace. */
function nameFaults({ params, tasks }: Sources): Fault[] {
  const named: Named[] = Object.keys(params).map((name) => ({ name, of: 'parameter' }));
  const axes = Object.keys(tasks.matrix?.parameters ?? {}).map((name) => ({ name, of: 'axis' }));
  const rows: Named[][] = [axes, ...(tasks.list ?? []).map((row) => fieldsOf(row))];
  for (const row of rows) {
    const clashing = clash([...named, ...row]);
    if (!clashing) continue;
    const path =
      clashing[1].of === 'parameter' ? ['params', clashing[1].name] : ['tasks', tasks.forEach];
    const message = `names that differ as variables; ${describeClash(clashing)}`;
    return [fault(path, message, 'give one of them another name')];
  }
  return [];
}

function fieldsOf(row: Record<string, unknown>): Named[] {
  return Object.keys(row).map((name) => ({ name, of: 'field' }));
}
