import type { TokenCredential } from '@azure/identity';

let credential: Promise<TokenCredential> | undefined;

/** The app's identity in Azure; loaded only where no key is configured, since the package is large. */
export function identity(): Promise<TokenCredential> {
  credential ??= import('@azure/identity').then((module) => new module.DefaultAzureCredential());
  return credential;
}
