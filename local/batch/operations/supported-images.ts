import type { Account } from '../account.ts';
import { imageFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import type { Call, Reply } from '../wire/call.ts';

/** Account_ListSupportedImages: some that programs commonly look for. Pools may name any other, as the image means nothing here. */
export function listSupportedImages(_: Account, call: Call): Reply {
  return answerList(call, {
    kind: 'supportedimages',
    items: images,
    key: ({ nodeAgentSKUId, imageReference: { publisher, offer, sku } }) =>
      [publisher, offer, sku, nodeAgentSKUId].join('/'),
    filters: imageFilters,
    property: (image, name) => (name in image ? String(Object(image)[name]) : undefined),
    render: (image) => image,
    selectable: [],
  });
}

const images = [
  ...ubuntu('22.04', '0001-com-ubuntu-server-jammy', ['22_04-lts', '22_04-lts-gen2']),
  ...ubuntu('22.04', 'ubuntu-hpc', ['2204'], { publisher: 'microsoft-dsvm' }),
  ...ubuntu('24.04', 'ubuntu-24_04-lts', ['server', 'server-gen1']),
  ...ubuntu('20.04', '0001-com-ubuntu-server-focal', ['20_04-lts', '20_04-lts-gen2']),
  ...linux('batch.node.debian 11', { publisher: 'debian', offer: 'debian-11' }, ['11', '11-gen2']),
  ...linux('batch.node.debian 12', { publisher: 'debian', offer: 'debian-12' }, ['12', '12-gen2']),
  ...linux('batch.node.el 9', { publisher: 'almalinux', offer: 'almalinux-x86_64' }, ['9-gen2']),
];

function ubuntu(
  version: string,
  offer: string,
  skus: string[],
  { publisher } = { publisher: 'canonical' },
) {
  return linux(`batch.node.ubuntu ${version}`, { publisher, offer }, skus);
}

function linux(
  nodeAgentSKUId: string,
  image: { publisher: string; offer: string },
  skus: readonly string[],
) {
  return skus.map((sku) => ({
    nodeAgentSKUId,
    imageReference: { ...image, sku, version: 'latest' },
    osType: 'linux',
    verificationType: 'verified',
    ...(sku.endsWith('gen2') && { capabilities: ['Generation2VMImage'] }),
  }));
}
