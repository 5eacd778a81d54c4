import { watch } from 'node:fs';
import { extname, sep } from 'node:path';

/** Files of these kinds are part of an app. */
const extensions = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json']);
/** How long it must be quiet after a change, in milliseconds: builds write many files. */
const quietTime = 200;

/** Watches an app's files. */
export interface AppWatch {
  close(): void;
}

/** Calls back, with the last file's path, when files of an app have changed. */
export function watchApp(directory: string, changed: (file: string) => void): AppWatch {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(
    directory,
    // The types do not know `ignore` yet; without it all of node_modules would be watched.
    { recursive: true, ignore: isIgnored } as { recursive: true },
    (_event, file) => {
      if (!file || isIgnored(file) || !extensions.has(extname(file))) return;
      clearTimeout(timer);
      timer = setTimeout(() => changed(file), quietTime);
    },
  );
  return {
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

function isIgnored(path: string): boolean {
  return path.split(sep).some((part) => part === 'node_modules' || /^\.[^.]/.test(part));
}
