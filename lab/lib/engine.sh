# The engine: Debian unstable's Docker, unpacked into the lab's folder. Its Go
# programs need an older C library than Debian 12's. runc is the exception and
# comes from the host; should others follow one day, set-up stops and says so.

ENGINE_PACKAGES=(docker.io docker-cli docker-buildx containerd crane docker-registry)
ENGINE_HOST_PACKAGES=(runc iptables iproute2 mmdebstrap ca-certificates python3)

engine_env() {
  export PATH="$LAB/eng/usr/bin:$LAB/eng/usr/sbin:$PATH"
  export DOCKER_HOST="unix://$LAB/run/docker.sock" DOCKER_CONFIG="$LAB/client"
  export BUILDX_CONFIG="$LAB/client/buildx" BUILDX_BUILDER=default
  export JETTISON_CACHE_REGISTRY="127.0.0.1:$PORT"
  unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
}

# What is unpacked, as one number: another one means a new set-up.
engine_stamp() { { echo "${ENGINE_PACKAGES[@]}" && cat "$HERE/gear/runc"; } | sha256sum | cut -c 1-16; }

engine_current() { [ "$(cat "$LAB/eng/stamp" 2>/dev/null)" = "$(engine_stamp)" ]; }

engine_install() {
  engine_current && return
  local new=$LAB/eng.new
  rm -rf "$new"
  mkdir -p "$new/debs"
  say 'engine: downloading'
  retry logged engine-download engine_download "$new/debs"
  for deb in "$new"/debs/*.deb; do dpkg-deb -x "$deb" "$new"; done
  rm -rf "$new/debs" "${new:?}/usr/share" "$new/usr/bin/runc" "$new/usr/sbin/runc"
  install -m 755 "$HERE/gear/runc" "$new/usr/bin/runc"
  engine_runs "$new" || die 3 "the engine of Debian unstable does not run on this machine's C library" \
    'install a Docker engine with buildx here and the lab will use that one'
  engine_stamp >"$new/stamp"
  daemon_stop dockerd
  daemon_stop registry
  rm -rf "$LAB/eng"
  mv "$new" "$LAB/eng"
  say 'engine: unpacked'
}

engine_download() { private_apt "$LAB/apt" deb sid "$1" download "${ENGINE_PACKAGES[@]}"; }

engine_runs() {
  "$1/usr/sbin/dockerd" --version && "$1/usr/bin/containerd" --version && "$1/usr/bin/docker" --version &&
    "$1/usr/bin/docker-registry" --version
} >/dev/null 2>&1

# A daemon whose settings have changed is stopped, so that it starts with the new ones.
engine_configure() {
  mkdir -p "$LAB/client" "$LAB/registry"
  rm -rf "$LAB/etc.new" && mkdir "$LAB/etc.new"
  # The containerd image store is what lets this builder export registry caches.
  # The cache limit only keeps the disk from filling: nothing is pruned below it.
  cat >"$LAB/etc.new/daemon.json" <<JSON
{
  "data-root": "$LAB/var",
  "exec-root": "$LAB/run",
  "pidfile": "$LAB/run/docker-own.pid",
  "hosts": ["unix://$LAB/run/docker.sock"],
  "features": {"containerd-snapshotter": true},
  "builder": {"gc": {"enabled": true, "policy": [{"all": true, "maxUsedSpace": "30GB"}]}},
  "bridge": "$BRIDGE",
  "iptables": false,
  "ip6tables": false,
  "ip-forward": false,
  "userland-proxy-path": "$LAB/eng/usr/sbin/docker-proxy",
  "insecure-registries": ["127.0.0.0/8"]
}
JSON
  cat >"$LAB/etc.new/registry.yml" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $LAB/registry}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$PORT"}
YAML
  echo "{\"cliPluginsExtraDirs\": [\"$LAB/eng/usr/libexec/docker/cli-plugins\"]}" >"$LAB/client/config.json"
  cmp -s "$LAB/etc/daemon.json" "$LAB/etc.new/daemon.json" || daemon_stop dockerd
  cmp -s "$LAB/etc/registry.yml" "$LAB/etc.new/registry.yml" || daemon_stop registry
  rm -rf "${LAB:?}/etc" && mv "$LAB/etc.new" "$LAB/etc"
}

engine_start() {
  mkdir -p "$LAB/log" "$LAB/run"
  if ! pid_alive "$LAB/run/registry.pid"; then
    OTEL_TRACES_EXPORTER=none daemon_start registry "$LAB/eng/usr/bin/docker-registry" serve "$LAB/etc/registry.yml"
  fi
  if ! pid_alive "$LAB/run/dockerd.pid"; then
    engine_sweep
    daemon_start dockerd "$LAB/eng/usr/sbin/dockerd" --config-file "$LAB/etc/daemon.json"
  fi
  wait_until 60 engine_answers || die 1 'the engine does not answer' "see $LAB/log/dockerd.log"
  wait_until 20 registry_answers || die 1 'the registry does not answer' "see $LAB/log/registry.log"
}

# What a crash leaves behind would make a new engine trip; after a restart of
# the machine, all of its run-time state is of processes that are no more.
engine_sweep() {
  local boot
  boot=$(cat /proc/sys/kernel/random/boot_id)
  if pid_alive "$LAB/run/containerd/containerd.pid"; then
    kill -9 "$(cat "$LAB/run/containerd/containerd.pid")" || true
  fi
  rm -f "$LAB/run/docker-own.pid" "$LAB/run/docker.sock" "$LAB/run/containerd/containerd.pid"
  if [ "$(cat "$LAB/run/boot" 2>/dev/null)" != "$boot" ]; then
    rm -rf "$LAB/run/containerd" "$LAB/run/docker"
    echo "$boot" >"$LAB/run/boot"
  fi
}

engine_unmount() {
  local target
  { findmnt -rno TARGET | grep -F "$LAB/" || true; } | sort -r | while read -r target; do
    umount -l "$target" || true
  done
}

engine_answers() { docker version; } >/dev/null 2>&1

registry_answers() { timeout 2 bash -c "exec 3<>/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null
