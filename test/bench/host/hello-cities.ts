import { commitsPerSecond } from './commits.ts';
import { line, secondsOf, withHost } from './measure.ts';

const COUNT = 5_000;
const ACTIVITIES = 5;
/** Each orchestration has one turn more than it has activities. */
const WORK_ITEMS = 2 * ACTIVITIES + 1;

/** Microsoft's benchmark of Durable back ends, beside what the same disk commits. */
export async function helloCities(): Promise<string[]> {
  const { seconds, cpuSeconds } = await withHost((host, dataDir) =>
    secondsOf(host, dataDir, { name: 'helloCities', count: COUNT }),
  );
  const activities = (COUNT * ACTIVITIES) / seconds;
  const workItems = (COUNT * WORK_ITEMS) / seconds;
  const commits = commitsPerSecond();
  return [
    line(
      `host: HelloCities × ${COUNT}`,
      `${activities.toFixed(0)} activities/s, ${workItems.toFixed(0)} work items/s, ${(COUNT / seconds).toFixed(0)} orchestrations/s, ${((WORK_ITEMS * COUNT) / cpuSeconds).toFixed(0)} work items/s of CPU (aim: 1400 work items/s)`,
    ),
    line(
      '  peer: commits of one row, synchronous NORMAL',
      ` ${commits.normal.toFixed(0)}/s, ratio ${(workItems / commits.normal).toFixed(2)}; FULL ${commits.full.toFixed(0)}/s, ratio ${(workItems / commits.full).toFixed(2)}`,
    ),
  ];
}
