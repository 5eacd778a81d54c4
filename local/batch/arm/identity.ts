import { createHash } from 'node:crypto';
import type { Json } from '../store/documents.ts';
import { invalidBody } from './errors.ts';
import { asObject } from './pool-body.ts';

/** The identity of a pool as the data plane shows it, from the resource provider's body; undefined when there is none. */
export function readIdentity(value: unknown): Json | undefined {
  const { type = 'None', userAssignedIdentities } = asObject(value, 'identity');
  if (type === 'None') return undefined;
  if (type !== 'UserAssigned') {
    throw invalidBody(`identity.type must be UserAssigned or None, not ${JSON.stringify(type)}.`);
  }
  const ids = Object.keys(asObject(userAssignedIdentities, 'identity.userAssignedIdentities'));
  if (ids.length === 0) throw invalidBody('identity.userAssignedIdentities has no identity.');
  for (const id of ids) requireIdentityId(id);
  return { type, userAssignedIdentities: ids.map(identityOf) };
}

/** The same as the resource provider shows it. */
export function shownIdentity(value: unknown): Json {
  const { type = 'None', userAssignedIdentities } = asObject(value, 'identity');
  if (!Array.isArray(userAssignedIdentities)) return { type };
  const entries = userAssignedIdentities.map(({ resourceId, ...ids }: Json) => [
    String(resourceId),
    ids,
  ]);
  return { type, userAssignedIdentities: Object.fromEntries(entries) };
}

function requireIdentityId(id: string): void {
  const pattern =
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i;
  if (pattern.test(id)) return;
  throw invalidBody(
    `${id} is no resource id of a user-assigned identity (/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…).`,
  );
}

function identityOf(resourceId: string): Json {
  return {
    resourceId,
    clientId: guidOf(`client ${resourceId.toLowerCase()}`),
    principalId: guidOf(`principal ${resourceId.toLowerCase()}`),
  };
}

/** There is no directory here that would know the identity, but it must have the same ids each time. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
