# shellcheck shell=bash
# Runs checks one by one or side by side, keeps going when one fails, and sums up. Sourced by bin/test.

checks=$(mktemp -d)
trap 'rm -rf "$checks"' EXIT

# record NAME OUTCOME SECONDS: `exit code 0` is the only good outcome.
record() {
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$checks/results"
}

# check NAME COMMAND…: shows the command's output only if it fails, in one piece.
check() {
  local name=$1 start=$SECONDS status=0
  shift
  "$@" >"$checks/$name.said" 2>&1 </dev/null || status=$?
  record "$name" "exit code $status" "$((SECONDS - start))"
  if [ "$status" = 0 ]; then
    printf 'ok      %s\n' "$name"
  else
    { printf 'FAILED  %s\n\n' "$name"; cat "$checks/$name.said"; echo; } >"$checks/$name.shown"
    cat "$checks/$name.shown"
  fi
}

# check_aloud NAME COMMAND…: shows the command's output while it runs.
check_aloud() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n%s\n' "$name"
  "$@" </dev/null || status=$?
  record "$name" "exit code $status" "$((SECONDS - start))"
}

# limit NAME SECONDS: what the checks whose names begin with NAME may take together on a quiet machine.
limit() {
  printf '%s\t%s\n' "$1" "$2" >>"$checks/limits"
}

# On a machine that is slower than that, a limit grows with the time that everything took: each kind keeps its share.
check_limits() {
  local name allowed seconds whole=0 failed=0
  [ -f "$checks/limits" ] || return 0
  whole=$(awk -F '\t' '{ sum += $2 } END { print sum }' "$checks/limits")
  printf '\n'
  while IFS=$'\t' read -r name allowed; do
    seconds=$(awk -F '\t' -v name="$name" 'index($1, name) == 1 { sum += $3 } END { print sum + 0 }' "$checks/results")
    [ "$SECONDS" -le "$whole" ] || allowed=$((allowed * SECONDS / whole))
    if [ "$seconds" -le "$allowed" ]; then
      printf '  ok      %-32s %4s s of %4s s, %2s %% of the time\n' "$name" "$seconds" "$allowed" "$((100 * seconds / SECONDS))"
    else
      printf '  FAILED  %-32s %4s s of %4s s: make it faster, or move a long check to tests/proof\n' "$name" "$seconds" "$allowed"
      failed=1
    fi
  done <"$checks/limits"
  return "$failed"
}

# Prints one line for each check and each limit. Returns 1 if a check failed or a kind of check took more than its share.
sum_up_checks() {
  local name outcome seconds failed=0
  printf '\n'
  while IFS=$'\t' read -r name outcome seconds; do
    if [ "$outcome" = 'exit code 0' ]; then
      printf '  ok      %-32s %4s s\n' "$name" "$seconds"
    else
      printf '  FAILED  %-32s %4s s   (%s)\n' "$name" "$seconds" "$outcome"
      failed=1
    fi
  done <"$checks/results"
  check_limits || failed=1
  printf '  %-40s %4s s\n' 'all, set-up included' "$SECONDS"
  return "$failed"
}
