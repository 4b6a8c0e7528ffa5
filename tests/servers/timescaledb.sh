#!/usr/bin/env bash
# A TimescaleDB for the tests on loopback (PostgreSQL 17 with the Apache edition, from Debian trixie), on a
# Debian-like host of any release, without touching the host's own packages.
#   timescaledb.sh start          fetch (first time, 8 s), create, start; prints its URL as the only line of stdout
#   timescaledb.sh stop | kill | status | url | purge
# Safe to repeat. As root the server runs as an unprivileged system user; as a normal user it runs as that user.
# Every user has a server, a folder and a port of their own. It is left running on purpose: the next start takes 0.1 s.
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
if [ "$(id -u)" -eq 0 ]; then # not below /root, which is closed to the server's user
  CACHE=${WAYHOME_TEST_CACHE:-/var/cache/wayhome} SERVER_USER=${WAYHOME_TEST_USER:-wayhome-pg}
  as() { (cd / && exec runuser -u "$SERVER_USER" -- "$@"); }
else
  CACHE=${WAYHOME_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wayhome} SERVER_USER=$(id -un)
  as() { (cd / && exec "$@"); }
fi
BASE=$CACHE/timescaledb ROLE=wayhome VERSION=17
ROOT=$BASE/root RUN=$BASE/run
# In memory where there is room: every test copies a database of 300 files (30 ms there, 0.5 s on some disks).
MEMORY=/dev/shm/wayhome-timescaledb-$SERVER_USER
if [ "$(df --output=size -m /dev/shm 2>/dev/null | tail -1)" -ge 2000 ] 2>/dev/null &&
  { [ ! -e "$MEMORY" ] || [ "$(stat -c %U "$MEMORY")" = "$SERVER_USER" ]; }; then
  RUN=$MEMORY
fi
DATA=$RUN/data
BIN=$ROOT/usr/lib/postgresql/$VERSION/bin
say() { printf 'timescaledb: %s\n' "$*" >&2; }
port() { cat "$RUN/port" 2>/dev/null; }
url() { printf 'postgresql://%s:%s@127.0.0.1:%s/postgres\n' "$ROLE" "$(cat "$RUN/password")" "$(port)"; }
running() { [ -s "$DATA/postmaster.pid" ] && [ -s "$RUN/port" ] && "$BIN/pg_isready" -q -h 127.0.0.1 -p "$(port)" -t 2; }

# A postmaster that was killed but not yet reaped (PID 1 of some containers is slow at it) still answers `kill -0`:
# PostgreSQL then refuses the folder and `pg_ctl status` says "running". Such a lock file is stale.
clear_stale() {
  local pid
  pid=$(head -1 "$DATA/postmaster.pid" 2>/dev/null) || return 0
  case $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -c1) in
    Z | X) rm -f "$DATA/postmaster.pid" "$RUN"/.s.PGSQL.*.lock ;;
  esac
}

initialise() {
  rm -rf "$DATA"
  (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$RUN/password")
  [ "$(id -u)" -ne 0 ] || chown "$SERVER_USER" "$RUN/password"
  as "$BIN/initdb" -D "$DATA" -U "$ROLE" -A scram-sha-256 --pwfile="$RUN/password" -E UTF8 --locale=C.UTF-8 \
    --no-sync >/dev/null
  cat >>"$DATA/postgresql.conf" <<C
listen_addresses = '127.0.0.1'
unix_socket_directories = '$RUN'
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
timescaledb.max_background_workers = 4
max_connections = 200
max_wal_size = 256MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
fsync = off                 # a test server: a crash of the machine loses it
synchronous_commit = off
full_page_writes = off
C
}

launch() { # on the port it had, or on another when that one is taken by now
  local port
  for _ in {1..10}; do
    port=$(port) || true
    if [ -z "$port" ] || grep -qs 'could not' "$RUN/log"; then port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)); fi
    : >"$RUN/log"
    if as "$BIN/pg_ctl" -D "$DATA" -w -t 30 -s -l "$RUN/log" -o "-p $port" start 9>&- >/dev/null; then
      echo "$port" >"$RUN/port"
      return
    fi
    # after a kill the old server's children may need a moment to notice
    if grep -q 'still in use' "$RUN/log"; then sleep 0.3; fi
    grep -q 'could not bind\|could not create any TCP\|still in use' "$RUN/log" || break
  done
  tail -20 "$RUN/log" >&2
  return 1
}

start() {
  mkdir -p "$BASE"
  exec 9>"$BASE/lock"
  flock 9
  "$HERE/../../scripts/debs" trixie "$ROOT" postgresql-$VERSION postgresql-$VERSION-timescaledb
  if [ "$(id -u)" -eq 0 ] && ! id "$SERVER_USER" >/dev/null 2>&1; then
    useradd --system --no-create-home --shell /usr/sbin/nologin "$SERVER_USER"
  fi
  mkdir -p "$RUN"
  [ "$(id -u)" -ne 0 ] || chown "$SERVER_USER" "$RUN"
  chmod 700 "$RUN"
  if ! running; then
    [ -s "$DATA/PG_VERSION" ] || initialise
    clear_stale
    : >"$RUN/log"
    [ "$(id -u)" -ne 0 ] || chown "$SERVER_USER" "$RUN/log"
    launch
  fi
  url
}

stop() { [ ! -s "$DATA/postmaster.pid" ] || as "$BIN/pg_ctl" -D "$DATA" -m "$1" -w -s stop || clear_stale; }

case ${1:-start} in
  start) start ;;
  stop) stop fast ;;
  kill) [ ! -s "$DATA/postmaster.pid" ] || kill -9 "$(head -1 "$DATA/postmaster.pid")" ;;
  status) if running; then say "running on 127.0.0.1:$(port)"; else say stopped && exit 3; fi ;;
  url) url ;;
  purge) stop immediate && rm -rf "$BASE" "$RUN" ;;
  *) say "usage: $0 start|stop|kill|status|url|purge" && exit 2 ;;
esac
