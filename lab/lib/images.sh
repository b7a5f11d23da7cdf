# Images, each made when asked for, after the bases it needs, and again only
# when its recipe or a base's recipe has changed.

# image_make IMAGE
image_make() {
  local need
  image_fresh "$1" && return
  for need in $(table_needs "$1"); do image_make "$need"; done
  holding "image-$(image_file "$1")" image_build "$1"
}

image_file() { tr -c 'A-Za-z0-9.\n-' _ <<<"$1"; }

# image_recipe IMAGE: one number for all that decides what the image contains.
image_recipe() {
  local recipe target needs options need
  table_row "$1"
  {
    printf '%s\n' "$recipe" "$target" "$options"
    if [[ $recipe == rootfs* ]]; then
      cat "$HERE/lib/rootfs.sh" "$HERE/gear/finish-rootfs"
    else
      (cd "$HERE/images/$recipe" && find . -type f | LC_ALL=C sort | xargs sha256sum)
    fi
    for need in $(table_needs "$1"); do image_recipe "$need"; done
  } | sha256sum | cut -c 1-16
}

# The stamp names the recipe and the image it made; a name moved elsewhere is not fresh.
image_fresh() {
  local stamp id
  stamp=$(cat "$LAB/stamps/$(image_file "$1")" 2>/dev/null) || return 1
  id=$(docker image inspect --format '{{.Id}}' "$1" 2>/dev/null) || return 1
  [ "$stamp" = "$(image_recipe "$1") $id" ]
}

image_build() {
  image_fresh "$1" && return
  # shellcheck disable=SC2034  # table_row fills in all four
  local recipe target needs options start=$SECONDS old id
    table_row "$1" || die 2 "no recipe for $1"
  need_space 4000
  old=$(docker image inspect --format '{{.Id}}' "$1" 2>/dev/null) || true
  case $recipe in
    rootfs*) image_import "$1" "$recipe" ;;
    *) image_dockerfile "$1" "$recipe" "$target" "$options" ;;
  esac || die 1 "$1 could not be made"
  id=$(docker image inspect --format '{{.Id}}' "$1")
  image_alias "$1"
  mkdir -p "$LAB/stamps"
  echo "$(image_recipe "$1") $id" >"$LAB/stamps/$(image_file "$1")"
  [ -z "$old" ] || [ "$old" = "$id" ] || docker image rm "$old" >/dev/null 2>&1 || true
  say "$1 made in $((SECONDS - start))s"
}

image_alias() {
  local alias
  for alias in $(table_aliases "$1"); do docker tag "$1" "$alias"; done
}

image_import() {
  local suite=${2#*:} tar
  tar=$FETCH/$suite.tar
  image_rootfs "$suite" "$tar" || return 1
  [[ $2 != rootfs-slim:* ]] || { rootfs_slim "$tar" "$FETCH/$suite-slim.tar" && tar=$FETCH/$suite-slim.tar; }
  logged "$(image_file "$1")" docker import --platform linux/amd64 \
    --change 'CMD ["bash"]' --message "debian rootfs, $suite" "$tar" "$1"
}

image_rootfs() {
  [ ! -f "$2" ] || return 0
  say "root filesystem of $1"
  mkdir -p "$FETCH"
  retry logged "rootfs-$1" rootfs_tar "$1" "$2"
}

# No provenance, so that a name means one plain manifest with a stable digest.
image_dockerfile() {
  local image=$1 recipe=$2 target=$3 options=$4 option spec arguments=()
  for option in $options; do
    case $option in
      fetch=*)
        spec=${option#fetch=}
        fetch "${spec#*=}" || return 1
        arguments+=(--build-context "${spec%%=*}=$FETCHED" --build-arg "${spec%%=*}_version=$FETCHED_VERSION")
        ;;
      arg=*) arguments+=(--build-arg "${option#arg=}") ;;
    esac
  done
  say "building $image"
  cache_before
  retry logged "$(image_file "$image")" docker buildx build --provenance=false --progress=plain --load \
    --metadata-file "$LAB/log/metadata.$$" --target "$target" --tag "$image" "${arguments[@]}" "$HERE/images/$recipe" || return 1
  cache_after "$LAB/log/metadata.$$"
}
