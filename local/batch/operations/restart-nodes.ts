import type { Account } from '../account.ts';
import { rebootNode } from '../pool/node-life.ts';
import type { Deallocation } from '../store/documents.ts';
import { checkReboot } from '../validate/pool.ts';
import type { Call, Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';
import { findNode } from './find.ts';

/** ComputeNode_Reboot. */
export function reboot(account: Account, call: Call): Reply {
  const node = findNode(account, call);
  const option = checkReboot(call.body, 'nodeRebootOption') as Deallocation;
  if (node.doc.state !== 'idle' && node.doc.state !== 'running') {
    throw new BatchError('NodeNotReady');
  }
  rebootNode(account, node, option);
  return { status: 202, changed: node.doc.stateAt, dataServiceId: call.url };
}

/** ComputeNode_Reimage: only nodes of cloud services can be, and there are none here, as there are none in new accounts. */
export function reimage(account: Account, call: Call): Reply {
  findNode(account, call);
  checkReboot(call.body, 'nodeReimageOption');
  throw new BatchError('OperationNotValidOnNode', {
    values: [
      {
        key: 'Reason',
        value: 'Nodes of a pool with virtualMachineConfiguration are not reimaged.',
      },
    ],
  });
}
