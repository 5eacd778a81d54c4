import type { BatchServiceModels } from '@azure/batch';
import { getSettings } from './settings.ts';

type Metadata = BatchServiceModels.MetadataItem[];

/** Metadata by which pools and jobs name their run, where that run's record is, and when they are nobody's any more. */
const RUN = 'sluice:run';
const HOME = 'sluice:home';
const EXPIRES = 'sluice:expires';

/** Whose a pool or job of this Sluice is. */
export interface Owner {
  run: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** The metadata of a pool or job of a run. */
export function ownerMetadata(run: string, expires: Date): Metadata {
  return [
    { name: RUN, value: run },
    { name: HOME, value: getSettings().storageUrl },
    { name: EXPIRES, value: expires.toISOString() },
  ];
}

/** Whose it is; null when it is not of this Sluice: others may share the Batch account. */
export function ownerOf(metadata: Metadata | undefined): Owner | null {
  const value = (name: string): string | undefined =>
    metadata?.find((item) => item.name === name)?.value;
  const run = value(RUN);
  if (run === undefined || value(HOME) !== getSettings().storageUrl) return null;
  return { run, expiresAt: Date.parse(value(EXPIRES) ?? '') };
}

/** Whether metadata of a pool or job names our run. */
export function isOurs(metadata: Metadata | undefined, run: string): boolean {
  return ownerOf(metadata)?.run === run;
}
