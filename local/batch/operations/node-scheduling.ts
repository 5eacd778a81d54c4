import type { Account, Node } from '../account.ts';
import { disableScheduling, enableScheduling } from '../pool/scheduling.ts';
import { checkDisableScheduling } from '../validate/node.ts';
import type { Call, Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';
import { findNode } from './find.ts';

/** ComputeNode_DisableScheduling. */
export function disableNode(account: Account, call: Call): Reply {
  const node = readyNode(account, call);
  const option = checkDisableScheduling(call.body);
  if (node.doc.schedulingDisabled === true) {
    throw new BatchError('NodeAlreadyInTargetSchedulingState');
  }
  disableScheduling(account, node, option);
  return { status: 200, dataServiceId: call.url };
}

/** ComputeNode_EnableScheduling. */
export function enableNode(account: Account, call: Call): Reply {
  const node = readyNode(account, call);
  if (node.doc.schedulingDisabled !== true) {
    throw new BatchError('NodeAlreadyInTargetSchedulingState');
  }
  enableScheduling(account, node);
  return { status: 200, dataServiceId: call.url };
}

function readyNode(account: Account, call: Call): Node {
  const node = findNode(account, call);
  if (node.doc.state === 'idle' || node.doc.state === 'running') return node;
  throw new BatchError('NodeNotReady', {
    values: [{ key: 'Reason', value: `The node is ${node.doc.state}.` }],
  });
}
