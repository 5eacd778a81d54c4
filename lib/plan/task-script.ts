import { RUN_ITEM } from './item-script.ts';
import { quote } from './shell.ts';
import { assignments, type Variables } from './variables.ts';

/** What a script runs, and what it promises; `timeout` in seconds, per item. */
export interface ScriptStep {
  command: string;
  outputs: string[];
  timeout: number;
  shell: 'bash' | 'sh';
  /** Of the whole run. */
  params?: Variables;
}

/**
 * The shell script that a Batch task runs over its items, one after the other. Everything about an item comes as
 * environment variables (`SLUICE_COUNT`, `SLUICE_ITEM_n` = id, attempt, staged file and how it is staged, `SLUICE_NAME_n` =
 * blob name, `SLUICE_LINE_n`, `SLUICE_VALUES_n` = assignments, and for a range of a blob `SLUICE_RANGE_n`, `SLUICE_URL_n`, `SLUICE_ETAG_n`)
 * and never becomes shell text but as quoted words. Needs `sh`, `setsid` and `timeout`, and for ranges `curl`.
 */
export function taskScript(step: ScriptStep): string {
  return `${preamble(step)}
keep_values
index=1 made=0
while [ "$index" -le "$SLUICE_COUNT" ]; do
  [ "$index" -le "$made" ] || make_folders
  eval "set -- \\$SLUICE_ITEM_$index"
  ITEM=$1 ATTEMPT=$2 INPUT=$root/in/$3 staging=$4
  unset NAME STEM LINE
  eval "values=\\$own_VALUES_$index"
  if [ "$staging" != none ]; then
    eval "NAME=\\$SLUICE_NAME_$index"
    STEM=\${NAME##*/}
    case $STEM in ?*.*) STEM=\${STEM%.*} ;; esac
    export INPUT NAME STEM
    run_item "in/$3"
  else
    unset INPUT
    run_item
  fi
  index=$((index + 1))
done
tidy
`;
}

/**
 * The script of the merge task: lays the accepted outputs out as `$INPUT_DIR/{item}/…`, lists them in `$INPUT_LIST`,
 * and runs the merge command. `accepted.txt` has one `item attempt` a line, or `item attempt run item` for what another run made; `SLUICE_STAGED` and
 * `SLUICE_REUSED` are where Batch put them, `SLUICE_ATTEMPT`
 * counts the merges of a run.
 */
export function mergeScript(step: ScriptStep): string {
  return `${preamble(step)}
INPUT_DIR=$root/in
INPUT_LIST=$root/inputs.txt
# A run of this task that was cut short is no part of this one.
rm -rf "$INPUT_DIR"
mkdir -p "$INPUT_DIR"
while read -r item attempt run source; do
  if [ -n "$run" ]; then
    cp -R -- "$SLUICE_REUSED/$run/out/$source/a$attempt" "$INPUT_DIR/$item" || exit 1
  else
    mv -- "$SLUICE_STAGED/$item/a$attempt" "$INPUT_DIR/$item" || exit 1
  fi
done < accepted.txt
# A list of lines cannot hold a name with a line break, so such a file gets a name without.
find "$INPUT_DIR" -type f -name '*
*' -exec sh -c 'for path; do mv -- "$path" "\${path%/*}/$(printf %s "\${path##*/}" | tr "\\n" _)"; done' _ {} +
find "$INPUT_DIR" -type f | LC_ALL=C sort > "$INPUT_LIST"
ITEM=merge ATTEMPT=$SLUICE_ATTEMPT staging=none values=
export INPUT_DIR INPUT_LIST
mkdir -p "outs/merge/a$ATTEMPT" "up/logs/merge/a$ATTEMPT" items/merge/cwd || exit 1
run_item
tidy
`;
}

function preamble({ command, outputs, timeout, shell, params = {} }: ScriptStep): string {
  return `#!/bin/sh
# Written by Sluice for one run. Each item leaves up/records/{item}.{attempt}.{exit}.{cause}.{outputs}.{start}.{end}.{logs},
# its promised outputs in up/out/{item}/a{attempt}/ and what it printed in up/logs/{item}/a{attempt}/.
command=${quote(command)}
outputs=${quote(outputs.join('\n'))}
limit=${Math.ceil(timeout)}
interpreter=${shell}
set -a
${assignments(params)}
set +a
${RUN_ITEM}`;
}
