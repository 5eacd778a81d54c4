import type { FilterProperty, FilterTable } from './filter.ts';

// Properties and operators of learn.microsoft.com/rest/api/batchservice/odata-filters-in-batch.
const id: FilterProperty = {
  type: 'text',
  operators: ['eq', 'ne', 'ge', 'gt', 'le', 'lt', 'startswith'],
};
const state: FilterProperty = { type: 'text', operators: ['eq', 'ne'] };
const time: FilterProperty = { type: 'time', operators: ['eq', 'ne', 'ge', 'gt', 'le', 'lt'] };
const flag: FilterProperty = { type: 'boolean', operators: ['eq', 'ne'] };
const number: FilterProperty = { type: 'number', operators: ['eq', 'ge', 'gt', 'le', 'lt'] };

/** What GET /pools can be filtered on. */
export const poolFilters: FilterTable = {
  id,
  state,
  allocationState: state,
  enableAutoScale: flag,
  vmSize: id,
  creationTime: time,
  lastModified: time,
  stateTransitionTime: time,
  allocationStateTransitionTime: time,
};

/** What GET /pools/{id}/nodes can be filtered on. */
export const nodeFilters: FilterTable = {
  state,
  stateTransitionTime: time,
  lastBootTime: time,
  allocationTime: time,
  ...nodeTaskFilters('startTaskInfo'),
  'startTaskInfo/state': { type: 'text', operators: ['eq'] },
};

/** What GET /nodecounts can be filtered on. */
export const nodeCountFilters: FilterTable = { poolId: { type: 'text', operators: ['eq'] } };

/** What GET /jobs can be filtered on. */
export const jobFilters: FilterTable = {
  id,
  state,
  creationTime: time,
  lastModified: time,
  stateTransitionTime: time,
  'executionInfo/startTime': time,
  'executionInfo/endTime': time,
  'executionInfo/poolId': id,
};

/** What GET /jobs/{id}/tasks can be filtered on. */
export const taskFilters: FilterTable = {
  id,
  state,
  creationTime: time,
  lastModified: time,
  stateTransitionTime: time,
  'executionInfo/startTime': time,
  'executionInfo/endTime': time,
  'executionInfo/exitCode': number,
  'executionInfo/result': state,
};

/** What GET /jobs/{id}/jobpreparationandreleasetaskstatus can be filtered on. */
export const jobNodeFilters: FilterTable = {
  poolId: id,
  nodeId: id,
  ...nodeTaskFilters('jobPreparationTaskExecutionInfo'),
  ...nodeTaskFilters('jobReleaseTaskExecutionInfo'),
};

/** What GET /jobschedules can be filtered on. */
export const jobScheduleFilters: FilterTable = {
  id,
  state,
  creationTime: time,
  lastModified: time,
  stateTransitionTime: time,
  'schedule/doNotRunUntil': time,
  'schedule/doNotRunAfter': time,
};

/** What the files of a task or node can be filtered on. */
export const fileFilters: FilterTable = { name: { type: 'text', operators: ['startswith'] } };

/** What GET /supportedimages can be filtered on. */
export const imageFilters: FilterTable = {
  nodeAgentSKUId: state,
  osType: state,
  verificationType: state,
};

/** What a start, preparation or release task did. */
function nodeTaskFilters(info: string): FilterTable {
  return {
    [`${info}/state`]: state,
    [`${info}/startTime`]: time,
    [`${info}/endTime`]: time,
    [`${info}/exitCode`]: number,
    [`${info}/result`]: state,
  };
}
