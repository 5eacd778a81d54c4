/** A file to write, by its path below the folder. */
export interface StarterFile {
  path: string;
  content: string;
}

/** A first pipeline of that name, explained line by line, and texts to try it on. */
export function starter(name: string, pipelineFile: string): StarterFile[] {
  return [{ path: pipelineFile, content: pipelineText(name) }, ...SAMPLE];
}

/** A pipeline's name from that of a folder: lower-case letters, digits and single hyphens, a letter first. */
export function nameFrom(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32)
    .replace(/-+$/, '');
  return name || 'words';
}

function pipelineText(name: string): string {
  return `# Counts the words of every text file that is dropped, and adds them up.
#
#   sluice validate FILE      says what is wrong in this file, and where
#   sluice apply FILE         stores it; from then on drops start runs

name: ${name}

# A run starts when files come into the container and none has come for 'settle'.
on:
  drop:
    container: ${name}-in
    match: ['**/*.txt']     # which names count; ** is any folders
    settle: 2s

# The command runs once for each file: that is an item.
tasks:
  forEach: drop
  pack: 10                  # items per Batch task; more when each takes only a moment
  # Shell text, run by bash -eo pipefail. What it needs comes as variables and files:
  #   $INPUT       the file, at a path on the node
  #   $NAME        its name in the container
  #   $OUTPUT_DIR  the folder for what shall be kept
  command: |
    wc -w < "$INPUT" > "$OUTPUT_DIR/words.txt"
  outputs: [words.txt]      # each must be there in the end, or the item has failed
  timeout: 1m               # for each item

# Machines in Azure; on a laptop the tasks are processes of this machine.
pool:
  vmSize: Standard_D2as_v5
  nodes: { max: 4 }         # there are none while nothing runs
  slots: 2                  # tasks at once on each

# One task over the outputs of all items that succeeded. Leave it out if there is nothing to merge.
merge:
  command: |
    xargs -d '\\n' cat < "$INPUT_LIST" | awk '{ n += $1 } END { print n + 0 }' > "$OUTPUT_DIR/total.txt"
  outputs: [total.txt]

tolerate: 0                 # how many items may fail, as a number or a share such as 5%
`;
}

const SAMPLE: StarterFile[] = [
  { path: 'sample/first.txt', content: 'A sluice lets water in,\nand holds back the rest.\n' },
  { path: 'sample/second.txt', content: 'Every file that is dropped is an item.\n' },
  { path: 'sample/third.txt', content: 'Three files,\nthree counts,\none total.\n' },
];
