import { line, secondsOf, withHost } from './measure.ts';

/** Activities a second of one orchestration that starts them all at once. */
export async function fanOut(): Promise<string[]> {
  const lines: string[] = [];
  for (const width of [1_000, 10_000]) {
    const { seconds, cpuSeconds } = await withHost((host, dataDir) =>
      secondsOf(host, dataDir, { name: 'fanOut', count: 1, input: width }),
    );
    lines.push(
      line(
        `host: fan-out of ${width}`,
        `${(width / seconds).toFixed(0)} activities/s, ${seconds.toFixed(2)} s, ${(width / cpuSeconds).toFixed(0)} activities/s of CPU (aim: 2000/s)`,
      ),
    );
  }
  return lines;
}
