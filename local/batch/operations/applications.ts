import type { Account } from '../account.ts';
import type { Application } from '../application/store.ts';
import { answerList } from '../odata/list.ts';
import { elementBody } from '../odata/page.ts';
import { param, type Call, type Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';

/** Application_List: only what has a version that nodes can use. */
export function listApplications(account: Account, call: Call): Reply {
  return answerList(call, {
    kind: 'applications',
    items: account.applications.listApplications().filter((one) => isUsable(account, one)),
    key: (application) => application.id.toLowerCase(),
    filters: {},
    property: () => undefined,
    render: (application) => view(account, application),
    selectable: [],
  });
}

/** Application_Get. */
export function getApplication(account: Account, call: Call): Reply {
  const application = account.applications.getApplication(param(call, 'applicationId'));
  if (application === undefined || !isUsable(account, application)) {
    throw new BatchError('ApplicationNotFound');
  }
  return { status: 200, body: elementBody(call, 'applications', view(account, application)) };
}

function view(account: Account, { id, displayName }: Application): object {
  return {
    id,
    versions: activeVersions(account, id),
    // Required in the service's description, so it is there even when none was given.
    displayName: displayName ?? '',
  };
}

function isUsable(account: Account, { id }: Application): boolean {
  return activeVersions(account, id).length > 0;
}

function activeVersions(account: Account, id: string): string[] {
  const packages = account.applications.list(id);
  return packages.filter(({ state }) => state === 'active').map(({ version }) => version);
}
