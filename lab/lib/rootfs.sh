# Debian root filesystems, as Docker Hub's are: mmdebstrap's minimal set with
# the settings of debuerreotype (gear/rootfs is copied over the tree).

# rootfs_tar SUITE FILE
rootfs_tar() {
  local suite=$1 main security sources=() tmp
  main=$(mirror main) && security=$(mirror security) || return 1
  sources=("deb $main $suite main" "deb $main $suite-updates main")
  [ -z "$security" ] || sources+=("deb $security $suite-security main")
  # Unpacking thousands of small files wants memory, not a disk.
  tmp=/dev/shm/jettison-lab.$$
  [ "$(df --output=avail -m /dev/shm | tail -n 1)" -gt 1500 ] || tmp=$LAB/rootfs.$$
  rm -rf --one-file-system "$tmp"
  rootfs_files "$suite" "$main" "$security" "$tmp/files"
  mkdir "$tmp/work"
  local status=0
  # Its mounts must not outlive it: in a mount namespace of its own they cannot.
  TMPDIR=$tmp/work unshare --mount mmdebstrap --mode=root --variant=minbase \
    --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
    --aptopt='Acquire::Retries "3"' \
    --customize-hook="$HERE/gear/finish-rootfs \"\$1\" $tmp/files" \
    "$suite" "$tmp/root.tar" "${sources[@]}" || status=1
  [ "$status" = 0 ] && mv "$tmp/root.tar" "$2" || status=1
  rm -rf --one-file-system "$tmp"
  return "$status"
}

# The apt sources an image gets: the host's mirror, in the format of the official images.
rootfs_files() {
  local suite=$1 main=$2 security=$3 into=$4/etc/apt/sources.list.d
  mkdir -p "$into"
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s %s-updates\nComponents: main\n' "$main" "$suite" "$suite"
    printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
    [ -z "$security" ] || {
      printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\n' "$security" "$suite"
      printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
    }
  } >"$into/debian.sources"
}

# rootfs_slim FROM TO: what the -slim images leave out.
rootfs_slim() {
  mmtarfilter --path-exclude='/usr/share/doc/*' --path-include='/usr/share/doc/*/copyright' \
    --path-exclude='/usr/share/man/*' --path-exclude='/usr/share/info/*' --path-exclude='/usr/share/locale/*' \
    --path-exclude='/usr/share/groff/*' --path-exclude='/usr/share/lintian/*' <"$1" >"$2.new"
  mv "$2.new" "$2"
}
