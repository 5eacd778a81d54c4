import { examplesOf } from './parts.ts';
import { flatten, type Node } from './tree.ts';

/** The page docs/cli.md, made from the commands themselves. */
export function referencePage(root: Node): string {
  const commands = flatten(root).filter(({ path }) => path.length > 0);
  const list = commands.map(({ path, description }) => {
    const title = path.join(' ');
    return `| [\`${title}\`](#sluice-${title.replaceAll(' ', '-')}) | ${escaped(description)} |`;
  });
  return [
    INTRODUCTION,
    ['| command | what it does |', '| --- | --- |', ...list].join('\n'),
    ...commands.map(section),
  ].join('\n\n');
}

const INTRODUCTION = `# The command line

Made from the commands themselves by \`npm run docs\`. In a clone, \`npx sluice\` stands for \`sluice\`.

Which service a command talks to: \`--url\`, else \`SLUICE_URL\`, else the local stack that runs on \`--data-dir\`. An app in
Azure wants a function key, which \`SLUICE_KEY\` gives.

Exit codes: \`0\` done; \`1\` items failed, or a run did not succeed; \`2\` could not run; \`130\` interrupted.

With \`--json\`, stdout carries JSON and nothing else. Without it, results go to stdout, and hints and errors to stderr. On a
terminal runs are shown live; elsewhere it is one line per change. \`NO_COLOR\` turns colours off, \`FORCE_COLOR\` on.

Where a command takes \`RUN\`, it takes the id of a run, its beginning or its end where that is enough, or \`latest\`.`;

function section(node: Node): string {
  const { path, description, usage, options } = node;
  const title = `sluice ${path.join(' ')}`;
  const own = options.filter(({ long }) => long !== '--help');
  const rows = own.map(({ flags, text }) => `| \`${flags}\` | ${escaped(text)} |`);
  const examples = examplesOf(node.command).map(([line, purpose]) => `sluice ${line} # ${purpose}`);
  return [
    `## ${title}`,
    `${capital(description)}.`,
    `\`${title}${usage ? ` ${usage}` : ''}\``,
    ...(rows.length > 0
      ? [['| option | what it does |', '| --- | --- |', ...rows].join('\n')]
      : []),
    ['```sh', ...examples, '```'].join('\n'),
  ].join('\n\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
