# One function per verb.

# The caller's own engine wins over a lab, unless a lab was asked for ("up --own").
other_engine() {
  [ ! -e "$LAB/own" ] && [ "${DOCKER_HOST:-}" != "unix://$LAB/run/docker.sock" ] || return 1
  docker version --format '{{.Server.Version}}' && docker buildx version
} >/dev/null 2>&1

# Everything is as this version of the lab would leave it.
lab_current() {
  [ "$(cat "$LAB/stamp" 2>/dev/null)" = "$(lab_stamp)" ] && settings_read && engine_current &&
    pid_alive "$LAB/run/dockerd.pid" && pid_alive "$LAB/run/registry.pid" || return 1
  engine_env
  engine_answers && registry_answers && ip link show "$BRIDGE" >/dev/null 2>&1 &&
    image_fresh debian:bookworm && image_fresh debian:bookworm-slim
}

# The set-up's own recipe: when it changes, "up" goes through its steps again.
lab_stamp() { cat "$HERE/lab" "$HERE"/lib/*.sh "$HERE"/gear/* | sha256sum | cut -c 1-16; }

verb_up() {
  case ${1:-} in
    --own) host_check && mkdir -p "$LAB" && touch "$LAB/own" ;;
    '') ;;
    *) usage && exit 2 ;;
  esac
  if other_engine; then
    say "an engine answers already ($(docker version --format '{{.Server.Version}}')): the lab sets up nothing"
    return
  fi
  host_check
  if ! lab_current; then
    need_space 3000
    cleanup_on_exit
    holding up lab_up
  fi
  settings_read
  engine_env
  network_up
  say "up: engine $(docker version --format '{{.Server.Version}}'), registry $JETTISON_CACHE_REGISTRY. Next: eval \"\$(lab env)\""
}

lab_up() {
  local making=''
  host_packages "${ENGINE_HOST_PACKAGES[@]}"
  mkdir -p "$LAB/run" "$LAB/log"
  settings_choose
  engine_env
  # The first image's tree is made while the engine is on its way.
  if [ ! -e "$LAB/stamps/$(image_file debian:bookworm-slim)" ]; then
    image_rootfs bookworm "$FETCH/bookworm.tar" &
    making=$!
  fi
  engine_install
  engine_configure
  network_up
  engine_start
  say "engine and registry run"
  [ -z "$making" ] || wait "$making" || die 1 'debian:bookworm could not be made'
  image_make debian:bookworm
  image_make debian:bookworm-slim
  fetch_forget
  lab_stamp >"$LAB/stamp"
}

# After Ctrl-C nothing goes on in the background and no half tree stays.
cleanup_on_exit() {
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap cleanup EXIT
}

cleanup() {
  local job
  for job in $(jobs -p); do
    pkill -TERM -P "$job" || true
    kill "$job" || true
  done 2>/dev/null
  rm -rf --one-file-system "/dev/shm/jettison-lab.$$" "$LAB/rootfs.$$" "$FETCH"
}

# lab_enter: the lab's engine, started if need be.
lab_enter() {
  lab_current || verb_up
  settings_read
  engine_env
}

verb_env() {
  other_engine && return
  settings_read || die 1 'the lab has not been set up' 'run: lab up'
  pid_alive "$LAB/run/dockerd.pid" || say 'the lab is down: run lab up'
  cat <<ENV
export PATH="$LAB/eng/usr/bin:$LAB/eng/usr/sbin:\$PATH"
export DOCKER_HOST="unix://$LAB/run/docker.sock"
export DOCKER_CONFIG="$LAB/client"
export BUILDX_CONFIG="$LAB/client/buildx"
export BUILDX_BUILDER=default
export JETTISON_CACHE_REGISTRY="127.0.0.1:$PORT"
export JETTISON_PRUNE="\${JETTISON_PRUNE:-always}"
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
ENV
}

# Every name given exists afterwards, whichever image it stands for.
verb_image() {
  local name image kind names=()
  [ $# -gt 0 ] || { usage && exit 2; }
  if other_engine; then
    say 'your own engine answers: it pulls images itself'
    return
  fi
  for name in "$@"; do
    if [ "$name" = all ]; then
      mapfile -t -O ${#names[@]} names < <(table_usual)
    else
      table_resolve "$name" >/dev/null || die 2 "no recipe for $name" 'see: lab images'
      names+=("$name")
    fi
  done
  lab_enter
  cleanup_on_exit
  for name in "${names[@]}"; do
    read -r image kind < <(table_resolve "$name")
    image_make "$image"
    image_alias "$image"
    name=$(table_normal "$name")
    [ "$name" = "$image" ] || docker tag "$image" "$name"
    [ "$kind" = same ] || say "$name is a stand-in: it is $image"
  done
  fetch_forget
}

verb_alias() { verb_image "$@"; }

verb_images() {
  local image here present
  other_engine || ! settings_read || engine_env
  present=$(docker images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null || true)
  while read -r image; do
    grep -qxF -e "$image" <<<"$present" && here='*' || here=' '
    printf '%s %-44s' "$here" "$image"
    table_aliases "$image" same | paste -sd ' '
    table_aliases "$image" stand-in | paste -sd ' ' | sed '/^$/d; s/^/    stands in for /'
  done < <(table_images)
}

verb_status() {
  if other_engine; then
    echo "engine    your own, $(docker version --format '{{.Server.Version}}')"
    return
  fi
  settings_read || { echo "engine    not set up ($LAB)" && return; }
  engine_env
  echo "folder    $LAB, $(du -sh "$LAB" 2>/dev/null | cut -f 1) used, $(df --output=avail -h "$LAB" | tail -n 1 | tr -d ' ') free"
  if pid_alive "$LAB/run/dockerd.pid" && engine_answers; then
    echo "engine    $(docker version --format '{{.Server.Version}}'), $(docker buildx version | cut -d ' ' -f 2), bridge $BRIDGE $SUBNET.0/24"
  else
    echo 'engine    down'
  fi
  echo "socket    $DOCKER_HOST"
  pid_alive "$LAB/run/registry.pid" && echo "registry  $JETTISON_CACHE_REGISTRY" || echo 'registry  down'
  pid_alive "$LAB/run/dockerd.pid" || return 0
  echo 'images    (size: compressed blobs and unpacked files together)'
  docker images --format '{{.Repository}}:{{.Tag}}	{{.Size}}' | sort |
    awk -F '\t' 'NR == FNR { ours[$1]; next } $1 in ours { printf "          %-44s %s\n", $1, $2 }' <(table_images) -
}

verb_down() {
  host_check
  settings_read || [ -d "$LAB" ] || { say 'nothing to stop' && return; }
  holding up lab_down
  if [ "${1:-}" = --purge ]; then
    rm -rf --one-file-system "$LAB"
    say "$LAB deleted"
  fi
}

lab_down() {
  [ -d "$LAB/run" ] || return 0
  daemon_stop dockerd
  daemon_stop registry
  engine_unmount
  network_down
}
