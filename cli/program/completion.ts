import { flatten, type Node } from './tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes commands, options and fixed words; where neither fits, the shell completes files. */
export function completionScript(shell: Shell, root: Node): string {
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  return scripts[shell](root);
}

function bashScript(root: Node): string {
  const cases = flatten(root).map((node) => {
    const path = node.path.join(' ');
    return `    '${path}') words='${[...wordsOf(node)].join(' ')}' options='${optionsOf(node).join(' ')}' ;;`;
  });
  return `# bash completion of sluice
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words options
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${pathCases(root)}
    esac
  done
  case "\${path# }" in
${cases.join('\n')}
  esac
  COMPREPLY=()
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -o default -F _sluice sluice
`;
}

/** Which words lead on to another command. */
function pathCases(root: Node): string {
  const below = flatten(root).filter(({ path }) => path.length > 0);
  const words = below.map(({ path }) => path.join(' '));
  return words.map((path) => `      ' ${path}') path=' ${path}' ;;`).join('\n');
}

function zshScript(root: Node): string {
  const cases = flatten(root).map((node) => {
    const words = node.children.map(({ path, description }) =>
      describe(path.at(-1) ?? '', description),
    );
    const all = [...words, ...node.choices.map((word) => quote(word))];
    const options = node.options.map(({ long, text }) => describe(long, text));
    return `    '${node.path.join(' ')}') subcommands=(${all.join(' ')}); options=(${options.join(' ')}) ;;`;
  });
  return `#compdef sluice
# zsh completion of sluice
_sluice() {
  local path='' word
  local -a options
  local current="\${words[CURRENT]}"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path $word" in
${pathCases(root)}
    esac
  done
  local -a subcommands
  case "\${path# }" in
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then
    _describe option options
  elif (( \${#subcommands} )); then
    _describe command subcommands
  else
    _files
  fi
}
_sluice "$@"
`;
}

function fishScript(root: Node): string {
  const lines = flatten(root).flatMap((node) => {
    const when = condition(node);
    const words = node.children.map(
      ({ path, description }) =>
        `complete -c sluice -f -n ${quote(when)} -a ${quote(path.at(-1) ?? '')} -d ${quote(description)}`,
    );
    const choices = node.choices.map(
      (word) => `complete -c sluice -f -n ${quote(when)} -a ${quote(word)}`,
    );
    const options = node.options.map(({ short, long, text, value }) => {
      const names = `${short ? `-s ${short.slice(1)} ` : ''}-l ${long.slice(2)}`;
      return `complete -c sluice -n ${quote(when)} ${names}${value ? ' -r' : ''} -d ${quote(text)}`;
    });
    return [...words, ...choices, ...options];
  });
  return `# fish completion of sluice\n${lines.join('\n')}\n`;
}

/** When the words so far lead to this command and to none below it. */
function condition({ path, children }: Node): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = children.map((child) => child.path.at(-1) ?? '');
  const none = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : [];
  return [...seen, ...none].join('; and ');
}

function wordsOf({ children, choices }: Node): string[] {
  return [...children.map(({ path }) => path.at(-1) ?? ''), ...choices];
}

function optionsOf({ options }: Node): string[] {
  return options.flatMap(({ short, long }) => (short ? [short, long] : [long]));
}

/** A word and its description as zsh's _describe takes them, whose colons part the two. */
function describe(word: string, text: string): string {
  return quote(`${word.replaceAll(':', '\\:')}:${text}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
