/** What one look found; `skipped` is what cannot be looked at here, and is no fault. */
export interface Check {
  name: string;
  verdict: 'ok' | 'fault' | 'skipped';
  detail: string;
  /** What to do about a fault, or how to have a look that was skipped. */
  remedy: string | null;
}

export function ok(name: string, detail: string): Check {
  return { name, verdict: 'ok', detail, remedy: null };
}

export function fault(name: string, detail: string, remedy: string): Check {
  return { name, verdict: 'fault', detail, remedy };
}

export function skipped(name: string, detail: string, remedy: string): Check {
  return { name, verdict: 'skipped', detail, remedy };
}
