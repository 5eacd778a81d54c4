import { messageOf, SluiceError } from '../errors.ts';
import { MASK } from '../plan/preview.ts';

/**
 * The values of a pipeline's secrets, from the app's settings. They are for tasks alone. Throws `InvalidSettings` that
 * names the setting.
 */
export function resolveSecrets(
  secrets: Readonly<Record<string, string>> | undefined,
  settings: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, setting] of Object.entries(secrets ?? {})) {
    const value = settings[setting];
    if (!value) {
      throw new SluiceError(
        'InvalidSettings',
        `The app has no setting '${setting}', which tasks.secrets names for ${name}; add it where the app runs, then retry the run.`,
      );
    }
    // What Azure leaves in the setting when it cannot read the vault.
    if (value.startsWith('@Microsoft.KeyVault(')) {
      throw new SluiceError(
        'InvalidSettings',
        `The app's setting '${setting}', which tasks.secrets names for ${name}, is a Key Vault reference that could not be resolved; look at its status, and at the access that the app's identity has to the vault.`,
      );
    }
    values[name] = value;
  }
  return values;
}

/** Does what a service is told the secrets for; if that repeats one in its error, it is masked. */
export async function unsaid<T>(
  secrets: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = Object.values(secrets).reduce(
      (text, value) => text.replaceAll(value, MASK),
      messageOf(error),
    );
    if (message === messageOf(error)) throw error;
    // Without its cause, which says it too.
    throw new SluiceError(error instanceof SluiceError ? error.code : 'BatchRefused', message);
  }
}
