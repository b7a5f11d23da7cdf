# What the lab takes from the host: root, Debian, a mirror, a few packages.

APT=${JETTISON_LAB_APT:-/etc/apt}

host_check() {
  [ "${JETTISON_LAB_EUID:-$EUID}" = 0 ] || die 3 'the lab needs root: it starts a Docker engine and a bridge' \
    'run it as root, or start a Docker engine with buildx and the lab will use that one'
  local id release
  # shellcheck source=/dev/null
  read -r id release < <(. "${JETTISON_LAB_OS_RELEASE:-/etc/os-release}" && echo "${ID:-unknown} ${VERSION_ID:-0}")
  [ "$id" = debian ] && [ "${release%%.*}" -ge 12 ] || die 3 "the lab sets itself up on Debian 12 or newer, this is $id $release" \
    'start a Docker engine with buildx here and the lab will use that one'
  [ "$(dpkg --print-architecture)" = amd64 ] || die 3 "the lab's images are recipes for amd64" \
    'start a Docker engine with buildx here and the lab will use that one'
  # A Unix socket's path is at most 108 bytes and containerd's goes deep.
  [ ${#LAB} -le 60 ] || die 3 "$LAB: the path is too long for the engine's sockets" 'set JETTISON_LAB to a shorter one'
}

# host_packages NAME...: installs those that are missing, and nothing else.
host_packages() {
  local name missing=()
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "host packages: ${missing[*]}"
  retry logged host-packages host_install "${missing[@]}"
}

host_install() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"
}

# mirror main|security: the first matching address in the host's own apt sources.
mirror() {
  local found
  found=$(host_sources | awk -v want="$1" '
    { security = ($2 ~ /-security/) }
    security == (want == "security") && $2 ~ /^(bookworm|trixie|forky|sid|stable|testing|unstable)/ && !seen++ { print $1 }')
  [ -n "$found" ] || [ "$1" = security ] || die 3 "no Debian mirror in this machine's apt sources" \
    'add one to /etc/apt/sources.list.d/debian.sources'
  echo "${found%/}"
}

# host_sources: "ADDRESS SUITE" lines, of both the deb822 and the one-line format.
host_sources() {
  { cat "$APT"/sources.list.d/*.sources 2>/dev/null || true; } | awk '
    function flush(  i) { for (i = 1; i <= n; i++) print uri, suite[i]; n = 0; uri = "" }
    /^[ \t]*$/ { flush() }
    /^URIs:/ { uri = $2 }
    /^Suites:/ { n = 0; for (i = 2; i <= NF; i++) suite[++n] = $i }
    END { flush() }'
  { cat "$APT"/sources.list "$APT"/sources.list.d/*.list 2>/dev/null || true; } |
    awk '$1 == "deb" { sub(/\[[^]]*\]/, ""); print $2, $3 }'
}

# private_apt STATE deb|deb-src SUITE FOLDER COMMAND...: apt-get COMMAND in a folder, with
# lists of its own: the host's apt, its sources and its packages never notice.
private_apt() {
  local state=$1 type=$2 suite=$3 folder=$4
  shift 4
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  echo "$type [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror main) $suite main" >"$state/sources.list"
  # A mirror's copy of a suite may be older than its Release file allows.
  cat >"$state/apt.conf" <<CONF
Dir::State "$state";
Dir::State::status "/dev/null";
Dir::Cache "$state/cache";
Dir::Etc::SourceList "$state/sources.list";
Dir::Etc::SourceParts "/dev/null";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
CONF
  (cd "$folder" && export APT_CONFIG="$state/apt.conf" && apt-get update && apt-get "$@") || return 1
  rm -rf "$state"
}
