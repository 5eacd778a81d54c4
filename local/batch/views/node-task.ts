import type { FilterValue } from '../odata/filter.ts';
import type { NodeTaskInfo } from '../store/documents.ts';
import { isoTime } from '../time/stamp.ts';

/** How far a start, preparation or release task got, as it is read back. */
export function nodeTaskInfo(info: NodeTaskInfo): object {
  return {
    state: info.state,
    startTime: isoTime(info.started),
    ...(info.ended !== undefined && { endTime: isoTime(info.ended) }),
    ...(info.exitCode !== undefined && { exitCode: info.exitCode }),
    ...(info.failure !== undefined && { failureInfo: info.failure }),
    retryCount: info.retries,
    ...(info.lastRetry !== undefined && { lastRetryTime: isoTime(info.lastRetry) }),
    ...(info.result !== undefined && { result: info.result }),
  };
}

/** What a filter reads of how far a start, preparation or release task got. */
export function nodeTaskProperty(
  info: NodeTaskInfo | undefined,
  name: string | undefined,
): FilterValue | undefined {
  const values: Record<string, FilterValue | undefined> = {
    state: info?.state,
    startTime: info?.started,
    endTime: info?.ended,
    exitCode: info?.exitCode,
    result: info?.result,
  };
  return values[name ?? ''];
}
