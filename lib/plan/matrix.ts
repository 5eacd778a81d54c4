import type { Matrix } from './fields/items.ts';

type Scalar = string | number | boolean;
/** One point: a coordinate on every axis. */
export type Point = Record<string, Scalar>;
type Range = { from: number; to: number; step?: number | undefined };
type Axis = Scalar[] | Range;

/** How many points the axes make with what is included and before anything is excluded; makes none of them. */
export function countPoints({ parameters, combine, include }: Matrix): number {
  const lengths = Object.values(parameters).map((axis) => lengthOf(axis));
  const made =
    combine === 'zip'
      ? (lengths[0] ?? 0)
      : lengths.reduce((product, length) => product * length, 1);
  return made + include.length;
}

/** What is wrong with a matrix that its form does not tell; null when it is sound. */
export function matrixFault({ parameters, combine, include, exclude }: Matrix): string | null {
  const axes = Object.keys(parameters);
  const lengths = axes.map((axis) => lengthOf(parameters[axis] ?? []));
  if (combine === 'zip' && new Set(lengths).size > 1) {
    const each = axes.map((axis, index) => `${axis} has ${lengths[index]}`).join(', ');
    return `axes of one length, since zip takes one value of each at a time; ${each}`;
  }
  for (const point of include) {
    const missing = axes.find((axis) => !(axis in point));
    if (missing !== undefined) {
      return `points in include that name every axis; one lacks ${missing}`;
    }
  }
  for (const point of [...include, ...exclude]) {
    const foreign = Object.keys(point).find((name) => !axes.includes(name));
    if (foreign !== undefined) return `points of the axes ${axes.join(', ')}; one names ${foreign}`;
  }
  return null;
}

/** The points one after the other, the last axis turning fastest, without those excluded, then those included. */
export function* points(matrix: Matrix): Generator<Point> {
  const { combine, include, exclude } = matrix;
  for (const point of combine === 'zip' ? zipped(matrix) : product(matrix)) {
    if (!exclude.some((left) => covers(left, point))) yield point;
  }
  yield* include;
}

function covers(part: Point, point: Point): boolean {
  return Object.entries(part).every(([axis, value]) => String(point[axis]) === String(value));
}

function* zipped({ parameters }: Matrix): Generator<Point> {
  const axes = Object.entries(parameters);
  const length = axes[0] ? lengthOf(axes[0][1]) : 0;
  for (let index = 0; index < length; index++) {
    yield Object.fromEntries(axes.map(([name, axis]) => [name, valueAt(axis, index)]));
  }
}

function* product({ parameters }: Matrix): Generator<Point> {
  const axes = Object.entries(parameters);
  const total = axes.reduce((count, [, axis]) => count * lengthOf(axis), 1);
  for (let index = 0; index < total; index++) {
    let left = index;
    const point: [string, Scalar][] = [];
    for (const [name, axis] of axes.toReversed()) {
      point.push([name, valueAt(axis, left % lengthOf(axis))]);
      left = Math.floor(left / lengthOf(axis));
    }
    yield Object.fromEntries(point.toReversed());
  }
}

function lengthOf(axis: Axis): number {
  if (Array.isArray(axis)) return axis.length;
  const { from, to, step = 1 } = axis;
  // 0 to 0.3 by 0.1 has four values, though 0.3 / 0.1 is a little less than 3.
  return Math.floor((to - from) / step + 1e-9) + 1;
}

function valueAt(axis: Axis, index: number): Scalar {
  if (Array.isArray(axis)) return axis[index] ?? '';
  return Number((axis.from + index * (axis.step ?? 1)).toPrecision(15));
}
