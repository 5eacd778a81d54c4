import { fanOut } from './fan-out.ts';
import { finishedInstances } from './finished-instances.ts';
import { helloCities } from './hello-cities.ts';
import { replays } from './replay.ts';

/** Measures the Functions and Durable host alone. */
export async function benchHost(print: (line: string) => void): Promise<void> {
  for (const measure of [helloCities, fanOut, replays, finishedInstances]) {
    for (const line of await measure()) print(line);
  }
}
