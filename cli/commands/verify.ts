import { connect, type Target } from '../api/locate.ts';
import { findRun, getManifest } from '../api/runs.ts';
import type { Service } from '../api/types.ts';
import { openStorage } from '../drop/storage.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { table } from '../terminal/table.ts';
import { printable } from '../terminal/text.ts';
import { type Fault, verifyManifest } from '../verify/verify.ts';

const SHOWN = 20;

/** Says whether every output of a run's manifest is in storage as it was written; exit code 1 when one is not. */
export async function verify(
  text: string,
  options: Target & { json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const manifest = await getManifest(api, await findRun(api, text));
  const { storage } = await api.get<Service>('');
  const answer = await verifyManifest(manifest, await openStorage(storage.blobEndpoint));
  const lines = options.json
    ? [JSON.stringify(answer, null, 2)]
    : summary(answer.checked, answer.faults);
  for (const line of lines) process.stdout.write(`${line}\n`);
  return answer.faults.length === 0 ? EXIT.done : EXIT.failed;
}

function summary(checked: number, faults: Fault[]): string[] {
  const whole = checked - faults.length;
  const end = `${whole} of ${checked} outputs are in storage as the manifest has them`;
  if (faults.length === 0) return [end];
  const rows = faults
    .slice(0, SHOWN)
    .map(({ item, name, fault }) => [item, name, fault].map(printable));
  const more = faults.length > SHOWN ? [`+${faults.length - SHOWN} more`] : [];
  return [...table(['ITEM', 'OUTPUT', 'FAULT'], rows), ...more, end];
}
