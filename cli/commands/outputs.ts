import type { BlobServiceClient } from '@azure/storage-blob';
import { connect, type Target } from '../api/locate.ts';
import { findRun, getManifest } from '../api/runs.ts';
import type { Manifest, Service } from '../api/types.ts';
import { openStorage } from '../drop/storage.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { type Downloaded, downloadAll, type Output } from '../outputs/download.ts';
import { itemsOf } from '../outputs/manifest-items.ts';
import { COMMAND } from '../package-root.ts';
import { table } from '../terminal/table.ts';
import { printable, shownPath } from '../terminal/text.ts';
import { byteSize, count } from '../terminal/units.ts';

const SHOWN = 10;

export interface OutputsOptions extends Target {
  item?: string[];
  download?: string;
  json?: boolean;
}

/** Lists the outputs of a run that has ended, or downloads them; exit code 1 when one could not be. */
export async function outputs(text: string, options: OutputsOptions): Promise<ExitCode> {
  const api = await connect(options);
  const run = await findRun(api, text);
  const manifest = await getManifest(api, run);
  const { storage } = await api.get<Service>('');
  const client = await openStorage(storage.blobEndpoint);
  const found = await outputsOf(manifest, client, options.item);
  if (options.download === undefined) {
    list(found, options.json === true);
    if (found.length === 0 && !options.json) {
      process.stderr.write(`see why with: ${COMMAND} status ${run.id}\n`);
    }
    return EXIT.done;
  }
  const results = await downloadAll(found, { storage: client, folder: options.download });
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else report(results, options.download);
  return results.some(({ result }) => result === 'failed') ? EXIT.failed : EXIT.done;
}

/** Outputs in the order of their items, the merge's last. Throws a {@link CliError} for an item that is not in the run. */
async function outputsOf(
  manifest: Manifest,
  storage: BlobServiceClient,
  wanted: readonly string[] | undefined,
): Promise<Output[]> {
  const found: Output[] = [];
  const missing = new Set(wanted);
  const add = (item: string, files: readonly Output['file'][]): void => {
    missing.delete(item);
    if (wanted && !wanted.includes(item)) return;
    found.push(...files.map((file) => ({ item, file })));
  };
  for await (const { id, outputs: files } of itemsOf(manifest, storage)) add(id, files);
  if (manifest.merge) add('merge', manifest.merge.outputs);
  const [first] = missing;
  if (first === undefined) return found;
  const next = `List them with: ${COMMAND} outputs ${manifest.run.id}`;
  throw new CliError(`Run ${manifest.run.id} has no item '${first}'.`, { next });
}

function list(found: readonly Output[], json: boolean): void {
  const values = found.map(({ item, file }) => ({ item, ...file }));
  const rows = values.map(({ item, name, size, url }) => [
    item,
    printable(name),
    byteSize(size),
    url,
  ]);
  const lines = json
    ? [JSON.stringify(values, null, 2)]
    : rows.length > 0
      ? table(['ITEM', 'OUTPUT', ' SIZE', 'URL'], rows)
      : ['no outputs'];
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function report(results: readonly Downloaded[], folder: string): void {
  const of = (result: Downloaded['result']) => results.filter((each) => each.result === result);
  const done = of('downloaded');
  const there = of('there already');
  const bytes = byteSize(done.reduce((sum, { size }) => sum + size, 0));
  const kept = there.length > 0 ? `, ${there.length} were there already` : '';
  process.stdout.write(
    `downloaded ${count(done.length, 'output')} (${bytes}) to ${shownPath(folder)}${kept}\n`,
  );
  const failed = of('failed');
  if (failed.length === 0) return;
  process.stderr.write(`sluice: ${count(failed.length, 'output')} could not be downloaded:\n`);
  for (const { item, name, message } of failed.slice(0, SHOWN)) {
    process.stderr.write(`  ${printable(`${item}  ${name}: ${message ?? ''}`)}\n`);
  }
  if (failed.length > SHOWN) process.stderr.write(`  +${failed.length - SHOWN} more\n`);
}
