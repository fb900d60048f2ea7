# shellcheck shell=bash
# Finds a Chromium that starts, or installs one; its path is left in CRUMBLESS_TEST_CHROMIUM.

# A file called chromium may be a stub that asks for a package, or lack system libraries: only one that answers counts.
use_chromium() {
  [ -n "$1" ] && "$1" --version >/dev/null 2>&1 && export CRUMBLESS_TEST_CHROMIUM=$1
}

use_chromium_on_path() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    use_chromium "$(command -v "$name")" && return
  done
  return 1
}

# Prints the path, whether or not the browser is there already.
locate_playwright_chromium() {
  .venv/bin/python -c '
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)'
}

# try TITLE COMMAND…: as step, but after a failure the next method is used. The output is stored for the final message.
try() {
  local title=$1
  shift
  printf '%s … ' "$title" >&2
  if "$@" >>"$tried" 2>&1 </dev/null; then
    printf 'done\n' >&2
  else
    printf 'not possible here\n' >&2
    return 1
  fi
}

install_debian_chromium() {
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium
}

# Prints the reason and returns 1 if it is missing.
find_chromium() {
  export PLAYWRIGHT_BROWSERS_PATH="$PWD/.tools/browsers"
  use_chromium "${CRUMBLESS_TEST_CHROMIUM:-}" && return
  use_chromium_on_path && return
  use_chromium "$(locate_playwright_chromium)" && return
  tried=$(mktemp)
  if try 'Installing Chromium with Playwright' .venv/bin/python -m playwright install chromium; then
    use_chromium "$(locate_playwright_chromium)" && return
  fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    try 'Installing Chromium with apt-get' install_debian_chromium && use_chromium_on_path && return
  fi
  tail -n 20 "$tried" >&2
  printf '\n%s\n%s\n' \
    'This needs Chromium: none on PATH starts, and none could be installed (see above).' \
    'Install Chromium or Chrome, or name one in CRUMBLESS_TEST_CHROMIUM, and start again.' >&2
  return 1
}
