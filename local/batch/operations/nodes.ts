import type { Account } from '../account.ts';
import { nodeCountFilters, nodeFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import { elementBody, pick, readSelect } from '../odata/page.ts';
import { nodeCounts, nodeMembers, nodeProperty, nodeView } from '../views/node.ts';
import type { Call, Reply } from '../wire/call.ts';
import { findNode, findPool } from './find.ts';

/** ComputeNode_List. */
export function listNodes(account: Account, call: Call): Reply {
  return answerList(call, {
    kind: 'nodes',
    items: findPool(account, call).nodes.values(),
    key: (node) => node.doc.id,
    filters: nodeFilters,
    property: nodeProperty,
    render: (node) => nodeView(account, node, call.baseUrl),
    selectable: nodeMembers,
  });
}

/** ComputeNode_Get. */
export function getNode(account: Account, call: Call): Reply {
  const selected = readSelect(call, nodeMembers);
  const view = nodeView(account, findNode(account, call), call.baseUrl);
  return { status: 200, body: elementBody(call, 'nodes', pick(view, selected)) };
}

/** Account_ListPoolNodeCounts. */
export function listNodeCounts(account: Account, call: Call): Reply {
  return answerList(call, {
    kind: 'poolnodecounts',
    items: account.pools.values(),
    key: (pool) => pool.doc.id.toLowerCase(),
    filters: nodeCountFilters,
    property: (pool) => pool.doc.id,
    render: (pool) => ({
      poolId: pool.doc.id,
      dedicated: nodeCounts(pool, true),
      lowPriority: nodeCounts(pool, false),
    }),
    selectable: [],
    limit: 10,
  });
}
