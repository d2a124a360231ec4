#!/usr/bin/env bash
# Patroni runs this once, when it makes the database of the whole cluster: it creates the site's role and database.
# $1 is the connection string of the new server.
set -euo pipefail
# shellcheck source=/dev/null
[ -n "${SITE_PASSWORD:-}" ] || . /etc/learn/site-password.env
psql -X -q -v ON_ERROR_STOP=1 -v "password=$SITE_PASSWORD" "$1" <<'END'
CREATE ROLE learn LOGIN PASSWORD :'password';
CREATE DATABASE learn OWNER learn ENCODING 'UTF8';
END
