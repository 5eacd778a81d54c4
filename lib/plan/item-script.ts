/** Seconds between asking a command that is over its time to end and ending it. */
export const KILL_AFTER_SECONDS = 5;

/** The part of a task's script that runs one item (`run_item`), and that removes what items need no more (`tidy`). */
// A process costs a millisecond and an item may cost no more, so what the shell can do itself it does.
export const RUN_ITEM = `root=$PWD
up=$root/up
# A run of this task that was cut short is no part of this one.
[ ! -e "$up" ] || rm -rf up items outs
mkdir -p up/out up/records up/logs items outs || exit 1
# What this script itself says is kept when it says something, so that its end has a reason too.
exec 2> "$root/stderr.txt"
trap 'keep_own_log' EXIT
keep_own_log() {
  [ -s "$root/stderr.txt" ] || return
  mkdir -p "$up/logs/\${AZ_BATCH_TASK_ID:-task}" && mv -- "$root/stderr.txt" "$up/logs/\${AZ_BATCH_TASK_ID:-task}"
}
read -r booted _ < /proc/uptime
booted=$(($(date +%s) - \${booted%.*}))
spent=''
# GNU's timeout makes itself the leader of a group; others leave that to setsid.
own_group=setsid
[ "\${SLUICE_COUNT:-1}" -eq 1 ] || case $(timeout --version 2> /dev/null) in *'GNU coreutils'*) own_group= ;; esac

# Seconds since 1970, without a process.
set_now() {
  read -r now _ < /proc/uptime
  now=$((booted + \${now%.*}))
}
set_now
tidied=$now

# For as many items at once as one command line easily holds.
make_folders() {
  folders=
  while [ "$made" -lt "$SLUICE_COUNT" ] && [ "$made" -lt $((index + 99)) ]; do
    made=$((made + 1))
    eval "set -- \\$SLUICE_ITEM_$made"
    folders="$folders outs/$1/a$2 items/$1/cwd up/logs/$1/a$2"
  done
  mkdir -p $folders || exit 1
}

# What is given as arguments is removed with the item.
run_item() {
  home=$root/items/$ITEM
  logs=$up/logs/$ITEM/a$ATTEMPT
  OUTPUT_DIR=$root/outs/$ITEM/a$ATTEMPT
  promised=$up/out/$ITEM/a$ATTEMPT
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
  spent="$spent items/$ITEM outs/$ITEM $*"
  [ "$now" -eq "$tidied" ] || tidy
}

# Once a second for all items that ended in it. All these names are ours, and free of blanks.
tidy() {
  tidied=$now
  [ -z "$spent" ] || rm -rf -- $spent
  spent=''
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
    echo "sluice: curl is not on this node, and chunks need it; use another image, or install it there" > "$logs/stderr.txt"
    return
  fi
  eval "range=\\$SLUICE_RANGE_$index url=\\$own_URL_$index etag=\\$SLUICE_ETAG_$index"
  mkdir -p "$root/in"
  for try in 1 2 3; do
    answer=$(printf 'url = "%s"\\n' "$url" | curl -K - -sS --retry 5 --connect-timeout 30 --speed-limit 1 --speed-time 60 \\
      -r "$range" -H "If-Match: $etag" -o "$INPUT" -w '%{http_code}' 2>> "$logs/stderr.txt") && break
  done
  case $answer in
    206) return ;;
    412) failed=changed; echo "sluice: the blob is not the version $etag any more that was planned" >> "$logs/stderr.txt" ;;
    *) failed=input; echo "sluice: bytes $range of the blob could not be fetched; storage answered $answer" >> "$logs/stderr.txt" ;;
  esac
}

# The command gets a process group of its own, so that what it leaves behind can be ended with it.
run_command() {
  status=127
  command -v "$interpreter" > /dev/null 2>&1 || { echo "$interpreter is not on this node; say 'shell: sh' in the pipeline" > "$logs/stderr.txt"; return; }
  flags=-e
  [ "$interpreter" = bash ] && flags='-eo pipefail'
  (
    cd "$home/cwd" || exit 1
    set -a
    eval "$values"
    set +a
    exec $own_group timeout -k ${KILL_AFTER_SECONDS} "$limit" "$interpreter" $flags -c "$command" < /dev/null > "$logs/stdout.txt" 2> "$logs/stderr.txt"
  ) &
  group=$!
  wait "$group" 2> /dev/null
  status=$?
  kill -s KILL -- "-$group" 2> /dev/null
}

# Each promise is one file or a glob; a promise that nothing meets is remembered.
collect_outputs() {
  count=0 missing=$outputs names=/ other=
  cd "$OUTPUT_DIR" || return
  missing= saved=$IFS
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
      # Comparing so many names would take longer than to move each.
      [ "$count" -lt 2000 ] || { other=yes; continue; }
      case $path in */*) other=yes; continue ;; esac
      [ ! -L "$path" ] || other=yes
      case $names in */"$path"/*) continue ;; esac
      names=$names$path/
      count=$((count + 1))
    done
    [ -n "$found" ] || missing=$promise
  done
  [ -n "$other" ] || find_other
  [ -z "$other" ] || move_outputs "$@"
  IFS=$saved
  cd "$root" || exit 1
  [ -n "$other" ] || [ "$count" -eq 0 ] || mv -- "outs/$ITEM" up/out/ || exit 1
}

# Whether the folder holds anything besides plain files that were promised; without, it is moved as it is.
find_other() {
  [ -w . ] && [ ! -L "$OUTPUT_DIR" ] && [ -d "$OUTPUT_DIR" ] || other=yes
  for path in * .[!.]* ..?* ../* ../.[!.]* ../..?*; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    case $path in "../a$ATTEMPT") continue ;; esac
    case $names in */"$path"/*) ;; *) other=yes ;; esac
  done
}

move_outputs() {
  count=0
  for promise; do
    for path in $promise; do
      [ -f "$path" ] || continue
      target=$promised/$path
      [ -e "$target" ] && continue
      [ -d "\${target%/*}" ] || mkdir -p "\${target%/*}"
      if [ -L "$path" ]; then cp -L -- "$path" "$target"; else mv -- "$path" "$target"; fi || { missing=$promise; continue; }
      count=$((count + 1))
    done
  done
}

name_cause() {
  [ -z "$failed" ] || { cause=$failed; return; }
  cause=exit
  if [ "$status" -eq 0 ]; then
    cause=ok
    [ -z "$missing" ] || { cause=nooutput; echo "sluice: the command ended well but left no '$missing' in \\$OUTPUT_DIR" >> "$logs/stderr.txt"; }
  elif ! command -v "$interpreter" > /dev/null 2>&1; then
    cause=noshell
  elif [ $((end - start)) -ge "$limit" ]; then
    case $status in 124 | 137) cause=timeout ;; esac
  fi
}

# They are where they are uploaded from, in case this script is killed; an empty file would cost an upload.
keep_logs() {
  kept=none
  [ -s "$logs/stdout.txt" ] && kept=out || spent="$spent up/logs/$ITEM/a$ATTEMPT/stdout.txt"
  if [ ! -s "$logs/stderr.txt" ]; then
    spent="$spent up/logs/$ITEM/a$ATTEMPT/stderr.txt"
  elif [ "$kept" = out ]; then
    kept=both
  else
    kept=err
  fi
}
`;
