# Daemons known by their pid file, and by nothing else.

# pid_alive FILE: the process is there and is this lab's (a pid may be reused after a restart).
pid_alive() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$LAB/"
}

# daemon_start NAME COMMAND...: outlives the caller, its terminal and its locks.
daemon_start() {
  local name=$1 fd
  shift
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      [ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"
    done
    exec setsid "$@" </dev/null >"$LAB/log/$name.log" 2>&1
  ) &
  echo $! >"$LAB/run/$name.pid"
  disown
}

daemon_stop() {
  local file=$LAB/run/$1.pid pid
  if pid_alive "$file"; then
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || true
    wait_until 30 process_gone "$pid" || { say "$1 does not stop, killing it" && kill -9 "$pid" 2>/dev/null || true; }
    say "$1 stopped"
  fi
  rm -f "$file"
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

# wait_until SECONDS COMMAND...
wait_until() {
  local tries=$(($1 * 10))
  shift
  while ! "$@"; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.1
  done
}
