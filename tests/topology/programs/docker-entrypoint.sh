#!/bin/sh
# What the image of PostgreSQL does at its start: makes the database, with a password, then serves.
set -eu
export PGDATA=/var/lib/postgresql/18/docker
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    initdb -U "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" \
        -E UTF8 --locale C.UTF-8 --no-instructions
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$PGDATA" postgres
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
