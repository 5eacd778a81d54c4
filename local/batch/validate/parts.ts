import { invalidProperty } from '../wire/errors.ts';
import type { Json } from '../store/documents.ts';
import { list, object, oneOf, refused, someText, text, type Rule } from './rules.ts';

/** Environment variables of a job or task. */
export const environmentSettings: Rule<Json[]> = list(
  object({ 'name!': environmentName, value: text() }),
);

/** Free name-value pairs. */
export const metadata: Rule<Json[]> = list(object({ 'name!': text(), 'value!': text() }));

/** The user a task runs as: accepted in shape, but here it is always the one who runs the emulator. */
export const userIdentity: Rule<Json> = object({
  username: text(),
  autoUser: object({
    scope: oneOf('task', 'pool'),
    elevationLevel: oneOf('nonadmin', 'admin'),
  }),
});

/** Files to be fetched before a task. */
export const resourceFiles: Rule<Json[]> = list((value, name) => {
  const file = resourceFile(value, name);
  const sources = ['httpUrl', 'storageContainerUrl'].filter((key) => file[key] !== undefined);
  if (sources.length !== 1) {
    throw invalidProperty(
      name,
      value,
      'Exactly one of httpUrl, storageContainerUrl and autoStorageContainerName is needed.',
    );
  }
  if (file.httpUrl !== undefined && file.filePath === undefined) {
    throw invalidProperty(`${name}.filePath`, '', 'It is needed with httpUrl.');
  }
  if (file.httpUrl !== undefined && file.blobPrefix !== undefined) {
    throw invalidProperty(`${name}.blobPrefix`, file.blobPrefix, 'It goes with containers only.');
  }
  return file;
});

/** Files to be uploaded after a task. */
export const outputFiles: Rule<Json[]> = list(
  object({
    'filePattern!': someText,
    'destination!': object({
      'container!': object({
        'containerUrl!': url,
        path: text(),
        identityReference: refused,
        uploadHeaders: list(object({ 'name!': someText, value: text() })),
      }),
    }),
    'uploadOptions!': object({
      'uploadCondition!': oneOf('TaskSuccess', 'TaskFailure', 'TaskCompletion'),
    }),
  }),
);

const resourceFile = object({
  httpUrl: url,
  storageContainerUrl: url,
  autoStorageContainerName: refused,
  blobPrefix: text(),
  filePath: innerPath,
  fileMode: (value, name) => {
    if (typeof value === 'string' && /^0?[0-7]{3,4}$/.test(value)) return value;
    throw invalidProperty(name, value, 'It must be an octal mode such as 0770.');
  },
  identityReference: refused,
});

function environmentName(value: unknown, name: string): string {
  if (typeof value === 'string' && /^[^=\0]+$/.test(value)) return value;
  throw invalidProperty(name, value, 'It must be the name of an environment variable.');
}

function url(value: unknown, name: string): string {
  if (typeof value === 'string' && /^https?:\/\/[^/?#]+/i.test(value)) return value;
  throw invalidProperty(name, value, 'It must be an absolute http or https URL.');
}

function innerPath(value: unknown, name: string): string {
  const valid =
    typeof value === 'string' &&
    !value.includes('\0') &&
    !value.startsWith('/') &&
    !value.split('/').includes('..');
  if (valid) return value;
  throw invalidProperty(name, value, 'It must be a path inside the working directory.');
}
