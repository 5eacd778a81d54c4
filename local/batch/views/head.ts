import { etagOf, isoTime, type Stamp } from '../time/stamp.ts';

/** What the documents of pools, jobs and job schedules have in common. */
interface Changing {
  id: string;
  created: Stamp;
  modified: Stamp;
  state: string;
  stateAt: Stamp;
  previousState?: string | undefined;
  previousStateAt?: Stamp | undefined;
}

/** The members that every pool, job and job schedule has; `collection` is the URL of all of its kind. */
export function head(doc: Changing, collection: string): object {
  return {
    id: doc.id,
    url: `${collection}/${doc.id}`,
    eTag: etagOf(doc.modified),
    lastModified: isoTime(doc.modified),
    creationTime: isoTime(doc.created),
    state: doc.state,
    stateTransitionTime: isoTime(doc.stateAt),
    ...(doc.previousState !== undefined && { previousState: doc.previousState }),
    ...(doc.previousStateAt !== undefined && {
      previousStateTransitionTime: isoTime(doc.previousStateAt),
    }),
  };
}
