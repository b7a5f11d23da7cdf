#!/bin/bash
# A short form of the official entry point: create the database once, give root its password, then be the server.
set -euo pipefail

password=${MYSQL_ROOT_PASSWORD:-}
[ -z "${MYSQL_ROOT_PASSWORD_FILE:-}" ] || password=$(cat "$MYSQL_ROOT_PASSWORD_FILE")

if [ ! -d /var/lib/mysql/mysql ]; then
  mariadb-install-db --user=mysql --datadir=/var/lib/mysql --auth-root-authentication-method=normal >/dev/null
  {
    [ -z "${MYSQL_DATABASE:-}" ] || echo "CREATE DATABASE \`$MYSQL_DATABASE\`;"
    echo "CREATE USER root@'%' IDENTIFIED BY '$password';"
    echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
    echo "ALTER USER root@localhost IDENTIFIED BY '$password';"
  } >/run/mysqld/init.sql
  chown mysql /run/mysqld/init.sql
  set -- "$@" --init-file=/run/mysqld/init.sql
fi
exec mariadbd --user=mysql --bind-address=0.0.0.0 --skip-name-resolve "$@"
