# A bridge of the lab's own and the firewall rules that let containers out.
# Both vanish when the machine restarts, so every "up" looks again. The engine
# itself is told to leave iptables alone: the host's rules stay as they are.

network_up() {
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip link add "$BRIDGE" type bridge
    say "bridge $BRIDGE $SUBNET.0/24"
  fi
  # A bridge without an address of its own takes one of its ports', and changes it as they
  # come and go: running containers then lose their gateway for a minute.
  ip link set "$BRIDGE" address "$(network_address)"
  ip -4 addr show dev "$BRIDGE" | grep -qF "$SUBNET.1/24" || ip addr add "$SUBNET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
  network_rules | while read -r rule; do
    network_rule -C "$rule" 2>/dev/null || network_rule -I "$rule"
  done
  if [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]; then
    touch "$LAB/run/turned-on-forwarding"
    echo 1 >/proc/sys/net/ipv4/ip_forward
  fi
}

# A locally administered Ethernet address made of the subnet's numbers.
network_address() {
  local numbers
  IFS=. read -ra numbers <<<"$SUBNET.1"
  printf '02:00:%02x:%02x:%02x:%02x\n' "${numbers[@]}"
}

network_down() {
  [ -n "$BRIDGE" ] || return 0
  network_rules | while read -r rule; do
    while network_rule -D "$rule" 2>/dev/null; do :; done
  done
  ip link del "$BRIDGE" 2>/dev/null || true
  if [ -e "$LAB/run/turned-on-forwarding" ] && ! ip -br link | grep -q '^jlab'; then
    echo 0 >/proc/sys/net/ipv4/ip_forward
    rm -f "$LAB/run/turned-on-forwarding"
  fi
}

# One rule a line: table, chain, match.
network_rules() {
  cat <<RULES
nat POSTROUTING -s $SUBNET.0/24 ! -o $BRIDGE -j MASQUERADE
filter FORWARD -i $BRIDGE -j ACCEPT
filter FORWARD -o $BRIDGE -j ACCEPT
RULES
}

network_rule() {
  local table chain rest
  read -r table chain rest <<<"$2"
  # shellcheck disable=SC2086  # the rest is words
  iptables -w 10 -t "$table" "$1" "$chain" $rest
}
