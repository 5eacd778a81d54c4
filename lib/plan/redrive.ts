import { FAILURE_CAUSES, type FailureCause } from './failure.ts';
import type { ManifestItem } from './manifest.ts';
import { z } from 'zod';

/** Items that a request may name; more are better chosen by cause. */
const MOST_ITEMS = 1000;

/** What a redrive runs again of what did not succeed; empty lists leave nothing out. */
export const redriveSchema = z.strictObject({
  items: z
    .array(z.string().regex(/^\d{6,}$/, { error: 'an item id such as 000017' }))
    .max(MOST_ITEMS)
    .default([]),
  causes: z.array(z.enum(FAILURE_CAUSES)).default([]),
});

export interface RedriveChoice {
  items: string[];
  causes: FailureCause[];
}

/** Whether a redrive runs this item again; one that succeeded never. */
export function isChosen(item: ManifestItem, choice: RedriveChoice): boolean {
  if (item.status === 'Succeeded') return false;
  const { items, causes } = choice;
  if (items.length > 0 && !items.includes(item.id)) return false;
  return causes.length === 0 || (item.cause !== null && causes.includes(item.cause));
}
