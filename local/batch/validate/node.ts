import type { Deallocation } from '../store/documents.ts';
import type { DisableOption } from '../pool/scheduling.ts';
import { invalidProperty } from '../wire/errors.ts';
import { deallocation, resizeTimeout } from './pool.ts';
import { checkBody, list, oneOf, someText } from './rules.ts';

/** Checks the body of ComputeNode_DisableScheduling, which may be absent. */
export function checkDisableScheduling(body: unknown): DisableOption {
  const { nodeDisableSchedulingOption } = checkBody(body ?? {}, {
    nodeDisableSchedulingOption: oneOf('requeue', 'terminate', 'taskcompletion'),
  });
  return (nodeDisableSchedulingOption ?? 'requeue') as DisableOption;
}

/** Checks the body of Pool_RemoveNodes; the ids are lower case, each once. */
export function checkRemoveNodes(body: unknown): { ids: string[]; option: Deallocation } {
  const { nodeList, nodeDeallocationOption } = checkBody(body, {
    'nodeList!': list(someText, 100),
    resizeTimeout,
    nodeDeallocationOption: deallocation,
  });
  const ids = (nodeList as string[]).map((id) => id.toLowerCase());
  if (ids.length === 0) throw invalidProperty('nodeList', [], 'At least one node is needed.');
  return {
    ids: [...new Set(ids)],
    option: (nodeDeallocationOption ?? 'requeue') as Deallocation,
  };
}
