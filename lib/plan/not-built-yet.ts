/** Fields that a pipeline file will have; until then they are refused by name, never ignored. */
export const NOT_BUILT_YET: ReadonlySet<string> = new Set([
  'on.http',
  'secrets',
  'environment',
  'retry',
  'maxWait',
  'destination',
  'tasks.setup',
  'tasks.packages',
  'tasks.destination',
  'pool.container',
  'pool.spot',
  'pool.id',
  'pool.nodes.min',
]);
