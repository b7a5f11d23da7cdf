#!/bin/sh
# As the official image: the scripts of /docker-entrypoint.d run before nginx does.
set -e
case ${1:-} in
  nginx | nginx-debug)
    for script in /docker-entrypoint.d/*; do
      # shellcheck disable=SC1090  # whatever the user has put there
      case $script in
        *.envsh) [ ! -x "$script" ] || . "$script" ;;
        *.sh) [ ! -x "$script" ] || "$script" ;;
      esac
    done
    ;;
esac
exec "$@"
