#!/usr/bin/env bash
# Makes a virtual environment with pip in it, on a machine that may have nothing but python3.
#   scripts/venv.sh FOLDER
# Debian keeps the parts that `python3 -m venv` needs in a package of their own (python3-venv). Without them:
# root installs that package; another user fetches pip's wheel from Debian and unpacks it in the cache.
# PYTHON names another interpreter than the first of python3, python3.13, python3.12, python3.11 that is 3.11 or later.
set -euo pipefail

FOLDER=$1
HERE=$(cd "$(dirname "$0")" && pwd)
say() { printf 'setup: %s\n' "$*" >&2; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
usable() { [ -x "$FOLDER/bin/python" ] && new_enough "$FOLDER/bin/python" && "$FOLDER/bin/python" -m pip --version >/dev/null 2>&1; }
can_venv() { "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; }
if usable; then exit 0; fi

for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
  if new_enough "$candidate"; then PYTHON=$candidate && break; fi
done
if [ -z "${PYTHON:-}" ] || ! new_enough "$PYTHON"; then
  say "Python 3.11 or later is needed and was not found: install it, or set PYTHON=/its/path"
  exit 1
fi

install_package() { # as root: the interpreter's own venv package
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
  say "installing Debian's python3-venv"
  export DEBIAN_FRONTEND=noninteractive
  local try said
  for try in 1 2; do
    said=$({ apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv; } 2>&1) && return
    [ "$try" = 2 ] || sleep 2
  done
  tail -5 <<<"$said" >&2
  return 1
}

borrow_pip() { # as any user: pip runs from Debian's wheel and installs itself
  local cache=${WAYHOME_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wayhome} wheel
  say "python3-venv is not installed: taking pip from Debian's wheel"
  "$HERE/debs" --no-depends host "$cache/pip" python3-pip-whl ca-certificates || return 1
  wheel=$(find "$cache/pip/usr/share/python-wheels" -name 'pip-*.whl' | head -1)
  "$PYTHON" -m venv --clear --without-pip "$FOLDER" || return 1
  if [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then # Debian's pip trusts that file alone
    cat "$cache"/pip/usr/share/ca-certificates/mozilla/*.crt >"$cache/authorities.pem"
    printf '[global]\ncert = %s\n' "$cache/authorities.pem" >"$FOLDER/pip.conf"
  fi
  "$FOLDER/bin/python" "$wheel/pip" install --quiet --no-index --no-deps --disable-pip-version-check "$wheel" >&2
}

if can_venv || { install_package && can_venv; }; then
  "$PYTHON" -m venv --clear "$FOLDER" >&2
else
  borrow_pip || true
fi
if ! usable; then
  say "no virtual environment could be made here. As root, once: apt-get install python3-venv"
  say "then run the same command again. (Any other Python 3.11 with venv will do as well: PYTHON=/its/path make setup)"
  exit 1
fi
