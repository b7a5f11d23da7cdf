# The tables: images.tsv says how each image is made, aliases.tsv by which
# other names a Dockerfile may call it. Columns are split by tabs, "-" is nothing.

table_rows() { grep -v -e '^#' -e '^$' "$HERE/$1.tsv"; }

table_images() { table_rows images | cut -f 1; }

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

# table_resolve NAME: the image behind a name as a Dockerfile may write it.
table_resolve() {
  local name=$1
  name=${name#docker.io/} name=${name#index.docker.io/} name=${name#library/}
  [[ ${name##*/} == *:* ]] || name=$name:latest
  table_images | grep -xF -e "$name" && return
  table_rows aliases | awk -F '\t' -v name="$name" '
    { count = split($3, names, " "); for (i = 1; i <= count; i++) if (names[i] == name) { print $1; found = 1; exit } }
    END { exit !found }'
}
