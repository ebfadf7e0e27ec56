#!/usr/bin/env bash
# tools/duckdb.sh: DuckDB's library and header, pinned, under build/third_party/duckdb. `./dev` calls it.
#
#   duckdb.sh check    0 when what is unpacked is what is pinned; asks no network
#   duckdb.sh fetch    bring the two archives with npm, check them, unpack what is needed
#
# The library comes as its makers built it for Node, the C header from their source package; both
# are packages of npm, and npm is what Debian has to bring them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly VERSION=1.4.4
readonly LIBRARY=@duckdb/node-bindings-linux-x64@1.4.4-r.4
readonly LIBRARY_FILE=duckdb-node-bindings-linux-x64-1.4.4-r.4.tgz
readonly LIBRARY_SHA256=732fac4dc6b8f198870b9c4bb6ddf13544466daca00ad28ba2f1d80de5d7aa4b
readonly SOURCE=duckdb@1.4.4
readonly SOURCE_FILE=duckdb-1.4.4.tgz
readonly SOURCE_SHA256=5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed
readonly INTO=build/third_party/duckdb
readonly PINS="$VERSION $LIBRARY_SHA256 $SOURCE_SHA256"

fail() { printf 'duckdb.sh: %s\n' "$*" >&2 && exit 1; }

# The pins are written last, so a folder that has them is whole.
check() { [ "$(cat $INTO/pins 2>/dev/null)" = "$PINS" ]; }

fetch() {
  check && return
  [ "$(uname -m)" = x86_64 ] || fail "there is a pinned library for x86_64 alone"
  mkdir -p build/third_party
  work=$(mktemp -d build/third_party/fetch.XXXXXX)
  trap 'rm -rf "$work"' EXIT # so it is no local: the trap runs behind the function
  npm pack --silent --pack-destination "$work" "$LIBRARY" "$SOURCE" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "npm could not bring $LIBRARY and $SOURCE; the network is needed this once"
  }
  (cd "$work" && sha256sum --quiet -c - <<<"$LIBRARY_SHA256  $LIBRARY_FILE
$SOURCE_SHA256  $SOURCE_FILE") || fail "an archive is not the pinned one; nothing was unpacked"
  mkdir -p "$work/duckdb/lib" "$work/duckdb/include"
  tar -xzf "$work/$LIBRARY_FILE" -C "$work/duckdb/lib" --no-same-owner --strip-components=1 \
    package/libduckdb.so package/LICENSE
  tar -xzf "$work/$SOURCE_FILE" -C "$work/duckdb/include" --no-same-owner --strip-components=5 \
    package/src/duckdb/src/include/duckdb.h
  printf '%s\n' "$PINS" >"$work/duckdb/pins"
  rm -rf $INTO
  mv "$work/duckdb" $INTO
}

case ${1:-} in
  check | fetch) "$1" ;;
  *) fail "say check or fetch" ;;
esac
