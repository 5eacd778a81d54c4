import { nodeImage } from './images.ts';
import type { Pipeline } from './pipeline-schema.ts';
import { KILL_AFTER_SECONDS } from './item-script.ts';

/** Times that a node tries its setup again: package managers are often busy just after a boot. */
const SETUP_RETRIES = 2;

/** The pool of a pipeline as Batch takes it, apart from the number of its nodes. */
export function poolSpec({ pool, tasks }: Pipeline, id: string) {
  const { container } = tasks;
  return {
    id,
    vmSize: pool.vmSize,
    virtualMachineConfiguration: {
      ...nodeImage(pool.image),
      ...(container ? { containerConfiguration: prefetched(container.image) } : {}),
    },
    taskSlotsPerNode: pool.slots,
    ...(pool.setup ? { startTask: startTask(pool.setup) } : {}),
    ...(pool.packages
      ? {
          applicationPackageReferences: pool.packages.map(({ id: applicationId, version }) => ({
            applicationId,
            ...(version === undefined ? {} : { version }),
          })),
        }
      : {}),
  };
}

function prefetched(image: string) {
  return { type: 'dockerCompatible' as const, containerImageNames: [image] };
}

/** The command goes as a variable: a file would need a signed URL, which expires before a late node may come. */
function startTask({ command, timeout }: { command: string; timeout: number }) {
  return {
    commandLine: `/bin/sh -c 'exec timeout -k ${KILL_AFTER_SECONDS} ${Math.ceil(timeout)} bash -eo pipefail -c "$SLUICE_SETUP"'`,
    environmentSettings: [{ name: 'SLUICE_SETUP', value: command }],
    userIdentity: { autoUser: { scope: 'pool' as const, elevationLevel: 'admin' as const } },
    maxTaskRetryCount: SETUP_RETRIES,
    waitForSuccess: true,
  };
}
