#!/bin/sh
# As the official image: options are for redis-server, which does not stay root.
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- redis-server "$@"
fi
if [ "$1" = redis-server ]; then
  # A container's network is its own; the official build has protected mode off.
  [ $# -gt 1 ] || set -- redis-server --protected-mode no
  if [ "$(id -u)" = 0 ]; then
    chown redis:redis .
    exec gosu redis "$@"
  fi
fi
exec "$@"
