#!/bin/sh
# /etc/nginx/templates/*.template become /etc/nginx/conf.d/*, variables filled in.
set -e
from=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
to=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
[ -d "$from" ] || exit 0
defined=$(env | cut -d= -f1 | sed 's/.*/${&}/' | tr '\n' ' ')
find "$from" -follow -type f -name '*.template' | while read -r template; do
  output=$to/${template#"$from"/}
  mkdir -p "$(dirname "$output")"
  envsubst "$defined" <"$template" >"${output%.template}"
done
