/** Fields that a pipeline file will have; until then they are refused by name, never ignored. */
export const NOT_BUILT_YET: ReadonlySet<string> = new Set([
  'on.http',
  'params',
  'secrets',
  'environment',
  'skipUnchanged',
  'retry',
  'maxWait',
  'destination',
  'tasks.setup',
  'tasks.packages',
  'tasks.list',
  'tasks.prefix',
  'tasks.matrix',
  'tasks.lines',
  'tasks.chunks',
  'tasks.destination',
  'pool.container',
  'pool.spot',
  'pool.id',
  'pool.nodes.min',
]);

/** Sources of items that the design has and this version does not. */
export const SOURCES_NOT_BUILT_YET: ReadonlySet<string> = new Set([
  'list',
  'prefix',
  'matrix',
  'lines',
  'chunks',
]);
