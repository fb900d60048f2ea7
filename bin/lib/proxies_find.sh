# shellcheck shell=bash
# Finds nginx, HAProxy and Caddy for the tests, or gets Debian's packages of them. They are unpacked below .tools and not
# installed: an installed one would start to serve on this machine's own ports. Needs `try` of chromium_find.sh.

proxies_folder=$PWD/.tools/proxies

# Only a program that answers counts: one that was unpacked may lack a library.
proxy_answers() {
  case $1 in
    */caddy | caddy) "$1" version ;;
    *) "$1" -v ;;
  esac >/dev/null 2>&1
}

# use_proxy NAME: leaves its path in CRUMBLESS_TEST_NGINX, CRUMBLESS_TEST_HAPROXY or CRUMBLESS_TEST_CADDY.
use_proxy() {
  local variable=CRUMBLESS_TEST_${1^^} place
  for place in "${!variable:-}" "$(PATH=$PATH:/usr/sbin command -v "$1")" "$proxies_folder/bin/$1"; do
    if [ -n "$place" ] && proxy_answers "$place"; then
      export "$variable=$place"
      return
    fi
  done
  return 1
}

# Debian's package and what it needs that this machine does not have.
unpack_debian_proxy() {
  local archives=$proxies_folder/archives/$1 archive program
  mkdir -p "$archives/partial" "$proxies_folder/bin"
  if [ "$(id -u)" = 0 ]; then apt-get update; fi
  apt-get --yes --no-install-recommends --download-only -o Debug::NoLocking=1 -o Dir::Cache::archives="$archives" \
    install "$1" || return
  for archive in "$archives"/*.deb; do
    dpkg-deb --extract "$archive" "$proxies_folder/$1" || return
  done
  program=$(find "$proxies_folder/$1/usr/sbin" "$proxies_folder/$1/usr/bin" -name "$1" -type f 2>/dev/null | head -n 1)
  [ -n "$program" ] || return
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
    "$(dirname "$(find "$proxies_folder/$1/usr/lib" -name '*.so*' 2>/dev/null | head -n 1)")" "$program" \
    >"$proxies_folder/bin/$1"
  chmod +x "$proxies_folder/bin/$1"
}

# find_proxy NAME: prints the reason and returns 1 if it is missing.
find_proxy() {
  use_proxy "$1" && return
  tried=$(mktemp)
  if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
    try "Unpacking $1 from Debian's packages" unpack_debian_proxy "$1" && use_proxy "$1" && return
  fi
  tail -n 20 "$tried" >&2
  printf '\n%s\n' "The tests behind proxies need $1: install it, or name it in CRUMBLESS_TEST_${1^^}, and start again." >&2
  return 1
}
