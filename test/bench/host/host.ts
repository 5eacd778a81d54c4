import { fanOut } from './fan-out.ts';
import { helloCities } from './hello-cities.ts';

/** Measures the Functions and Durable host alone. */
export async function benchHost(print: (line: string) => void): Promise<void> {
  for (const measure of [helloCities, fanOut]) {
    for (const line of await measure()) print(line);
  }
}
