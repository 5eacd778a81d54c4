import type { Account } from '../account.ts';
import { readExpand } from '../odata/page.ts';
import type { Expansion } from '../views/stats.ts';
import type { Call } from '../wire/call.ts';

/** What a request wants to have expanded, and as of when. */
export function readExpansion({ clock }: Account, call: Call): Expansion {
  return { now: readExpand(call) ? clock.now() : undefined, baseUrl: call.baseUrl };
}
