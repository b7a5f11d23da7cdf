# Which bridge, subnet and port this lab has. Chosen once among the free ones,
# then recorded, so that two labs on one machine do not meet.

BRIDGE='' SUBNET='' PORT=''

settings_read() {
  [ -f "$LAB/settings" ] || return 1
  # shellcheck source=/dev/null
  . "$LAB/settings"
}

settings_choose() {
  if settings_read; then
    # Someone else may have taken the port while this lab was down.
    pid_alive "$LAB/run/registry.pid" || ! port_taken "$PORT" || PORT=$(free_port)
  else
    local n=0
    while network_taken "jlab$n" "10.231.$((n + 7))"; do n=$((n + 1)); done
    BRIDGE=jlab$n SUBNET=10.231.$((n + 7)) PORT=$(free_port)
  fi
  printf 'BRIDGE=%s\nSUBNET=%s\nPORT=%s\n' "$BRIDGE" "$SUBNET" "$PORT" >"$LAB/settings.new"
  mv "$LAB/settings.new" "$LAB/settings"
}

network_taken() { ip link show "$1" || ip -4 route show | grep -q "^$2\."; } >/dev/null 2>&1

port_taken() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

free_port() {
  local port=${JETTISON_LAB_PORT:-5055}
  while port_taken "$port"; do port=$((port + 1)); done
  echo "$port"
}
