# shellcheck shell=bash
# Finds Firefox, WebKit's driver and Xvfb, or installs them. The tests find them on PATH.

# Debian's packages that are still missing, one a line. A command that does not start counts as missing.
list_missing_engines() {
  firefox-esr --version >/dev/null 2>&1 || firefox --version >/dev/null 2>&1 || echo firefox-esr
  WebKitWebDriver --help >/dev/null 2>&1 || echo webkit2gtk-driver
  Xvfb -help >/dev/null 2>&1 || echo xvfb
}

install_engines() {
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

# Leaves in `missing_engines` what is missing, and returns 1, when not all could be found or installed.
find_engines() {
  local tried packages
  mapfile -t packages < <(list_missing_engines)
  if [ "${#packages[@]}" -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    tried=$(mktemp)
    printf 'Installing %s with apt-get … ' "${packages[*]}" >&2
    if install_engines "${packages[@]}" >"$tried" 2>&1 </dev/null; then
      printf 'done\n' >&2
    else
      printf 'not possible here\n' >&2
      tail -n 20 "$tried" >&2
    fi
    rm -f "$tried"
    mapfile -t packages < <(list_missing_engines)
  fi
  missing_engines=${packages[*]}
  [ -z "$missing_engines" ] && return
  printf '\nThe tests in Firefox and WebKit need these packages of Debian: %s. Install them and start again.\n' "$missing_engines" >&2
  return 1
}
