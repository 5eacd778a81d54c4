/** Short names of node images; kept few, since Azure retires images often. */
export const IMAGES = ['ubuntu-24.04', 'ubuntu-22.04'] as const;

export type ImageName = (typeof IMAGES)[number];

/** What Azure Batch calls a node image. */
export interface NodeImage {
  imageReference: { publisher: string; offer: string; sku: string; version: string };
  nodeAgentSKUId: string;
}

const HPC_IMAGE = { publisher: 'microsoft-dsvm', offer: 'ubuntu-hpc', version: 'latest' };

const TABLE: Record<ImageName, NodeImage> = {
  'ubuntu-24.04': {
    imageReference: { ...HPC_IMAGE, sku: '2404' },
    nodeAgentSKUId: 'batch.node.ubuntu 24.04',
  },
  'ubuntu-22.04': {
    imageReference: { ...HPC_IMAGE, sku: '2204' },
    nodeAgentSKUId: 'batch.node.ubuntu 22.04',
  },
};

/** The Marketplace image and node agent behind a short name. */
export function nodeImage(name: ImageName): NodeImage {
  return TABLE[name];
}
