# A built image does not need the build cache it leaves, as large as itself.
# But the engine is shared with the tests' builds, whose cache is theirs: only
# what appeared during a build of ours goes, and only if no one else built then.

CACHE_BEFORE='' BUILDS_BEFORE=''

cache_ids() { docker buildx du --verbose 2>/dev/null | awk '$1 == "ID:" { print $2 }' | sort; }

cache_builds() { docker buildx history ls --format '{{.Ref}}' 2>/dev/null | sort; }

cache_before() { CACHE_BEFORE=$(cache_ids) BUILDS_BEFORE=$(cache_builds); }

# cache_after METADATA: the file names our own build.
cache_after() {
  local own others new
  own=$(sed -n 's/.*"buildx.build.ref": "[^"]*\/\([^"/]*\)".*/\1/p' "$1")
  rm -f "$1"
  others=$(comm -13 <(echo "$BUILDS_BEFORE") <(cache_builds) | grep -v -e "$own" || true)
  new=$(comm -13 <(echo "$CACHE_BEFORE") <(cache_ids) | paste -sd '|')
  [ -n "$new" ] || return 0
  if [ -n "$others" ]; then
    say 'build cache kept: someone else built meanwhile'
    return
  fi
  docker buildx prune --all --force --filter "id=^($new)\$" >/dev/null 2>&1 || true
}
