import { SluiceError } from '../errors.ts';
import { batchCall, batchCode } from './batch.ts';

/** A node that is no use, and what Batch says of it. */
export interface BadNode {
  id: string;
  state: string;
  /** One sentence each. */
  errors: string[];
}

/** Nodes that one request may name to be removed. */
const NODES_PER_REQUEST = 100;
/** Bytes of a log that are kept. */
const LOG_BYTES = 65_536;

/** The nodes of a pool that are unusable or whose start task failed; they cost as much as good ones. */
export async function badNodes(pool: string): Promise<BadNode[]> {
  const filter = "state eq 'unusable' or state eq 'starttaskfailed'";
  const select = 'id,state,errors,startTaskInfo';
  const options = { computeNodeListOptions: { filter, select, maxResults: NODES_PER_REQUEST } };
  const page = await batchCall(`Looking at the nodes of pool ${pool}`, (client) =>
    client.computeNode.list(pool, options),
  );
  return page.map(({ id = '', state = 'unusable', errors = [], startTaskInfo }) => {
    const { exitCode, failureInfo } = startTaskInfo ?? {};
    const failed = failureInfo ? [`${failureInfo.code}: ${failureInfo.message}`] : [];
    const ended = exitCode === undefined ? [] : [`its start task ended with exit code ${exitCode}`];
    const told = errors.map(({ code, message }) => `${code}: ${message}`);
    return { id, state, errors: [...told, ...failed, ...ended] };
  });
}

/** The beginning of a file on a node; null where the node cannot give it any more. */
export async function readNodeFile(
  pool: string,
  node: string,
  path: string,
): Promise<string | null> {
  try {
    return await batchCall(`Reading ${path} of node ${node}`, async (client) => {
      const fileGetFromComputeNodeOptions = { ocpRange: `bytes=0-${LOG_BYTES - 1}` };
      const { readableStreamBody } = await client.file.getFromComputeNode(pool, node, path, {
        fileGetFromComputeNodeOptions,
      });
      const chunks: Buffer[] = [];
      for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    });
  } catch (error) {
    if (error instanceof SluiceError && !error.transient) return null;
    throw error;
  }
}

/** Takes nodes out of a pool, unless it is being resized; their tasks go elsewhere. The pool's target goes down with them. */
export async function removeNodes(pool: string, nodes: string[]): Promise<void> {
  try {
    await batchCall(`Removing ${nodes.length} nodes of pool ${pool}`, (client) =>
      client.pool.removeNodes(pool, { nodeList: nodes, nodeDeallocationOption: 'requeue' }),
    );
  } catch (error) {
    if (batchCode(error) !== 'PoolBeingResized') throw error;
  }
}
