import type { Account } from '../account.ts';
import { jobNodeFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import { jobNodeMembers, jobNodeProperty, jobNodeView } from '../views/job-node.ts';
import type { Call, Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';
import { findJob } from './find.ts';

/** Job_ListPreparationAndReleaseTaskStatus, also of nodes that are gone. */
export function listJobNodes(account: Account, call: Call): Reply {
  const job = findJob(account, call);
  if (job.doc.preparation === undefined) {
    throw new BatchError('JobPreparationTaskOrReleaseTaskNotSpecified');
  }
  return answerList(call, {
    kind: 'jobpreparationandreleasetaskstatuslist',
    items: [...job.nodes.values()].filter(({ doc }) => doc.preparation !== undefined),
    key: ({ doc }) => doc.nodeId,
    filters: jobNodeFilters,
    property: jobNodeProperty,
    render: (jobNode) => jobNodeView(jobNode, call.baseUrl),
    selectable: jobNodeMembers,
  });
}
