import type { Operation } from './operation.ts';
import { pipelineOperations } from './pipelines.ts';
import { runOperations } from './runs.ts';
import { serviceOperations } from './service.ts';
import { upkeepOperations } from './upkeep.ts';

/** Every operation of the HTTP API; a test holds this and the routes together. */
export const OPERATIONS: readonly Operation[] = [
  ...serviceOperations,
  ...pipelineOperations,
  ...runOperations,
  ...upkeepOperations,
];
