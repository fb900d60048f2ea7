# shellcheck shell=bash
# Runs checks one by one or side by side, keeps going when one fails, and sums up. Sourced by bin/test.

checks=$(mktemp -d)
trap 'rm -rf "$checks"' EXIT

# record NAME OUTCOME SECONDS: `exit code 0` is the only good outcome.
record() {
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$checks/results"
}

# check NAME COMMAND…: shows what the command said only when it fails, in one piece.
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

# check_aloud NAME COMMAND…: shows what the command says while it runs.
check_aloud() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n%s\n' "$name"
  "$@" </dev/null || status=$?
  record "$name" "exit code $status" "$((SECONDS - start))"
}

# Prints one line a check; its own status is 1 when any failed.
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
  printf '  %-40s %4s s\n' 'all, set-up included' "$SECONDS"
  return "$failed"
}
