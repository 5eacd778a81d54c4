import type { BatchServiceModels } from '@azure/batch';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestBatch } from './emulator.ts';

/** A node as the service tells, and its disk. */
export interface TestNode {
  info: BatchServiceModels.ComputeNode;
  root: string;
  read(path: string): Promise<string>;
}

/** The nodes of a pool. */
export async function nodesOf(batch: TestBatch, poolId: string): Promise<TestNode[]> {
  const infos = await batch.client.computeNode.list(poolId);
  return infos.map((info) => {
    const root = join(batch.dataDir, 'nodes', info.id ?? '');
    return { info, root, read: (path) => readFile(join(root, path), 'utf8') };
  });
}
