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

/** Seconds between asking a command that is over its time to end and ending it. */
export const KILL_AFTER_SECONDS = 5;

/**
 * The shell script that a Batch task runs over its items, one after the other. Everything about an item comes as
 * environment variables (`SLUICE_COUNT`, `SLUICE_ITEM_n` = id, attempt, staged file and how it is staged, `SLUICE_NAME_n` =
 * blob name, `SLUICE_LINE_n`, `SLUICE_VALUES_n` = assignments, and for a range of a blob `SLUICE_RANGE_n`, `SLUICE_URL_n`, `SLUICE_ETAG_n`)
 * and never becomes shell text but as quoted words. Needs `sh`, `setsid` and `timeout`, and for ranges `curl`.
 */
export function taskScript(step: ScriptStep): string {
  return `${preamble(step)}
keep_values
index=1
while [ "$index" -le "$SLUICE_COUNT" ]; do
  eval "set -- \\$SLUICE_ITEM_$index"
  ITEM=$1 ATTEMPT=$2 INPUT=$root/in/$3 staging=$4
  unset NAME STEM LINE
  eval "values=\\$own_VALUES_$index"
  if [ "$staging" != none ]; then
    eval "NAME=\\$SLUICE_NAME_$index"
    STEM=\${NAME##*/}
    case $STEM in ?*.*) STEM=\${STEM%.*} ;; esac
    export INPUT NAME STEM
    run_item "$INPUT"
  else
    unset INPUT
    run_item
  fi
  index=$((index + 1))
done
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
run_item
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

// A process costs a millisecond and an item may cost no more, so what the shell can do itself it does.
const RUN_ITEM = `root=$PWD
up=$root/up
mkdir -p "$up/out" "$up/records" "$up/logs" "$root/items"
# What this script itself says is kept when it says something, so that its end has a reason too.
exec 2> "$root/stderr.txt"
trap 'keep_own_log' EXIT
keep_own_log() {
  [ -s "$root/stderr.txt" ] || return
  mkdir -p "$up/logs/\${AZ_BATCH_TASK_ID:-task}" && mv -- "$root/stderr.txt" "$up/logs/\${AZ_BATCH_TASK_ID:-task}"
}
read -r booted _ < /proc/uptime
booted=$(($(date +%s) - \${booted%.*}))

# Seconds since 1970, without a process.
set_now() {
  read -r now _ < /proc/uptime
  now=$((booted + \${now%.*}))
}

# What is given as arguments is removed with the item.
run_item() {
  home=$root/items/$ITEM
  OUTPUT_DIR=$home/out
  promised=$up/out/$ITEM/a$ATTEMPT
  mkdir -p "$OUTPUT_DIR" "$home/cwd" "$promised"
  export ITEM ATTEMPT OUTPUT_DIR
  set_now
  start=$now
  failed=
  case $staging in
    line) write_line ;;
    range) fetch_range ;;
  esac
  [ -n "$failed" ] || run_command
  set_now
  end=$now
  collect_outputs
  name_cause
  keep_logs
  : > "$up/records/$ITEM.$ATTEMPT.$status.$cause.$count.$start.$end.$kept"
  rm -rf "$home" "$@"
}

# What travels for one item is kept out of the commands of the others.
keep_values() {
  index=1
  while [ "$index" -le "$SLUICE_COUNT" ]; do
    for kind in VALUES LINE URL; do
      eval "own_\${kind}_$index=\\\${SLUICE_\${kind}_$index-}"
      unset "SLUICE_\${kind}_$index"
    done
    index=$((index + 1))
  done
}

# The line travelled with the task.
write_line() {
  eval "LINE=\\$own_LINE_$index"
  export LINE
  mkdir -p "$root/in"
  printf '%s\\n' "$LINE" > "$INPUT"
}

# Only of the version that was planned; Batch itself stages no parts of blobs. curl reads the URL, which is signed, from its input.
fetch_range() {
  status=1
  if ! command -v curl > /dev/null 2>&1; then
    failed=nocurl
    echo "sluice: curl is not on this node, and chunks need it; use another image, or install it there" > "$home/stderr.txt"
    return
  fi
  eval "range=\\$SLUICE_RANGE_$index url=\\$own_URL_$index etag=\\$SLUICE_ETAG_$index"
  mkdir -p "$root/in"
  for try in 1 2 3; do
    answer=$(printf 'url = "%s"\\n' "$url" | curl -K - -sS --retry 5 --connect-timeout 30 --speed-limit 1 --speed-time 60 \\
      -r "$range" -H "If-Match: $etag" -o "$INPUT" -w '%{http_code}' 2>> "$home/stderr.txt") && break
  done
  case $answer in
    206) return ;;
    412) failed=changed; echo "sluice: the blob is not the version $etag any more that was planned" >> "$home/stderr.txt" ;;
    *) failed=input; echo "sluice: bytes $range of the blob could not be fetched; storage answered $answer" >> "$home/stderr.txt" ;;
  esac
}

# The command gets a session of its own, so that what it leaves behind can be ended with it.
run_command() {
  status=127
  command -v "$interpreter" > /dev/null 2>&1 || { echo "$interpreter is not on this node; say 'shell: sh' in the pipeline" > "$home/stderr.txt"; return; }
  flags=-e
  [ "$interpreter" = bash ] && flags='-eo pipefail'
  (
    cd "$home/cwd" || exit 1
    set -a
    eval "$values"
    set +a
    exec setsid timeout -k ${KILL_AFTER_SECONDS} "$limit" "$interpreter" $flags -c "$command" < /dev/null > "$home/stdout.txt" 2> "$home/stderr.txt"
  ) &
  session=$!
  wait "$session" 2> /dev/null
  status=$?
  kill -s KILL -- "-$session" 2> /dev/null
}

# Each promise is one file or a glob; a promise that nothing meets is remembered.
collect_outputs() {
  count=0 missing=
  cd "$OUTPUT_DIR" || return
  saved=$IFS
  IFS='
'
  set -f
  set -- $outputs
  set +f
  IFS=
  for promise; do
    found=
    for path in $promise; do
      [ -f "$path" ] || continue
      found=yes
      target=$promised/$path
      [ -e "$target" ] && continue
      [ -d "\${target%/*}" ] || mkdir -p "\${target%/*}"
      if [ -L "$path" ]; then cp -L -- "$path" "$target"; else mv -- "$path" "$target"; fi && count=$((count + 1))
    done
    [ -n "$found" ] || missing=$promise
  done
  IFS=$saved
  cd "$root" || exit 1
}

name_cause() {
  [ -z "$failed" ] || { cause=$failed; return; }
  cause=exit
  if [ "$status" -eq 0 ]; then
    cause=ok
    [ -z "$missing" ] || { cause=nooutput; echo "sluice: the command ended well but left no '$missing' in \\$OUTPUT_DIR" >> "$home/stderr.txt"; }
  elif ! command -v "$interpreter" > /dev/null 2>&1; then
    cause=noshell
  elif [ $((end - start)) -ge "$limit" ]; then
    case $status in 124 | 137) cause=timeout ;; esac
  fi
}

# Nothing printed, nothing kept: an empty file would cost an upload.
keep_logs() {
  kept=none
  [ -s "$home/stdout.txt" ] && kept=out
  if [ -s "$home/stderr.txt" ]; then
    [ "$kept" = out ] && kept=both || kept=err
  fi
  [ "$kept" = none ] && return
  logs=$up/logs/$ITEM/a$ATTEMPT
  mkdir -p "$logs"
  case $kept in out | both) mv -- "$home/stdout.txt" "$logs" ;; esac
  case $kept in err | both) mv -- "$home/stderr.txt" "$logs" ;; esac
}
`;
