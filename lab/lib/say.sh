# Progress, failure and retries. stdout belongs to results; all this is stderr.

say() { printf '%4ds  %s\n' "$SECONDS" "$*" >&2; }

# die CODE WHAT [WHAT TO DO]
die() {
  printf 'lab: %s\n' "$2" >&2
  [ -z "${3:-}" ] || printf 'lab: %s\n' "$3" >&2
  exit "$1"
}

# logged NAME COMMAND...: the command's output goes to a log, shown only if it fails.
logged() {
  local log=$LAB/log/$1.log
  shift
  mkdir -p "$LAB/log"
  "$@" >"$log" 2>&1 && return
  printf 'lab: failed: %s\n' "$*" >&2
  tail -n 15 "$log" | sed 's/^/     | /' >&2
  if grep -qi 'no space left' "$log"; then
    df -h "$LAB" >&2
    printf 'lab: the disk is full: free some space, or set JETTISON_LAB to a folder on another disk\n' >&2
  fi
  printf 'lab: the whole log is %s\n' "$log" >&2
  return 1
}

# retry logged NAME COMMAND...: mirrors hiccup. Up to three tries, the later ones only if
# the log speaks of the network.
retry() {
  local try
  for try in 3 10 0; do
    "$@" && return
    [ "$try" != 0 ] && grep -qiE "$TRANSIENT" "$LAB/log/$2.log" || return 1
    say "the network failed; again in ${try}s"
    sleep "$try"
  done
}

TRANSIENT='temporary failure|timed? ?out|connection (reset|refused|closed)|failed to fetch|could not (resolve|connect)'
TRANSIENT+='|EAI_AGAIN|ECONNRESET|network is unreachable|hash sum mismatch|unexpected size|(502|503|504) '

# need_space MEGABYTES: refuse before the work, not in its middle.
need_space() {
  local free
  mkdir -p "$LAB" && free=$(df --output=avail -m "$LAB" | tail -n 1)
  [ "$free" -ge "$1" ] || die 1 "$LAB has $((free)) MB free, this needs $1 MB" \
    'free some space, or set JETTISON_LAB to a folder on another disk'
}

# holding NAME COMMAND...: one at a time across processes. The lock lasts as long as the
# descriptor; daemons close it when they start.
holding() {
  local name=$1 fd
  shift
  mkdir -p "$LAB/locks"
  exec {fd}>"$LAB/locks/$name"
  if ! flock --nonblock "$fd"; then
    say "waiting for another lab command ($name)"
    flock "$fd"
  fi
  "$@"
  exec {fd}>&-
}
