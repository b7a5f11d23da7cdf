# The tables: images.tsv says how each image is made, aliases.tsv by which
# other names a Dockerfile may call it. Columns are split by tabs, "-" is nothing.

table_rows() { grep -v -e '^#' -e '^$' "$HERE/$1.tsv"; }

table_images() { table_rows images | cut -f 1; }

# table_usual: what "all" means, without the rarer versions.
table_usual() { table_rows images | awk -F '\t' '$5 !~ /^extra/ { print $1 }'; }

# table_row IMAGE: sets recipe, target, needs and options of the caller.
table_row() {
  local image=$1 row
  row=$(table_rows images | awk -F '\t' -v image="$image" '$1 == image') && [ -n "$row" ] || return 1
  # shellcheck disable=SC2034  # read into the caller's variables
  IFS=$'\t' read -r image recipe target needs options <<<"$row"
}

# table_needs IMAGE: one base a line.
table_needs() { table_rows images | awk -F '\t' -v image="$1" '$1 == image && $4 != "-" { gsub(/ /, "\n", $4); print $4 }'; }

# table_aliases IMAGE [same|stand-in]: its other names, one a line.
table_aliases() {
  table_rows aliases | awk -F '\t' -v image="$1" -v kind="${2:-}" '
    $1 == image && (kind == "" || $2 == kind) { gsub(/ /, "\n", $3); print $3 }'
}

# table_resolve NAME: "IMAGE same" or "IMAGE stand-in" for a name as a Dockerfile may write it.
table_resolve() {
  local name candidate found
  name=$(table_normal "$1")
  [[ $name != *@* ]] || return 1 # a digest means that very image and no other
  while read -r candidate kind; do
    found=$(table_exact "$candidate") || continue
    [ "$kind" = same ] && echo "$found" || echo "${found% *} stand-in"
    return
  done < <(table_candidates "$name")
  return 1
}

table_normal() {
  local name=$1
  name=${name#index.} name=${name#docker.io/} name=${name#library/}
  [[ ${name##*/} == *:* ]] || name=$name:latest
  echo "$name"
}

table_exact() {
  if table_images | grep -qxF -e "$1"; then
    echo "$1 same"
    return
  fi
  table_rows aliases | awk -F '\t' -v name="$1" '
    { count = split($3, names, " "); for (i = 1; i <= count; i++) if (names[i] == name) { print $1, $2; found = 1; exit } }
    END { exit !found }'
}

# The name itself, then without the Debian release it asks for, then for ever
# shorter versions. "-alpine" and "-slim" always stay: glibc is never given for musl.
table_candidates() {
  local name=${1%:*} tag=${1##*:} version rest kind=same
  echo "$1 same"
  [[ $tag =~ ^([0-9.]*)(.*)$ ]] && version=${BASH_REMATCH[1]} rest=${BASH_REMATCH[2]}
  rest=$(sed -E 's/-(trixie|bookworm|bullseye|buster|stretch)(-|$)/\2/; s/-alpine3\.[0-9]+$/-alpine/' <<<"$rest")
  [[ $tag == *-bookworm* ]] || kind=stand-in
  while [ -n "$version" ]; do
    echo "$name:$version$rest $kind"
    [[ $version == *.* ]] || break
    version=${version%.*} kind=stand-in
  done
}
