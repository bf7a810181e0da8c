#!/usr/bin/env bash
# Run all tests in two processes at the same time, both measured, and fail if either does.
#
#   scripts/run_tests.sh [BIN]
#
# The first process has the rooms that wait most for servers and commands, the second all others, so that two cores are
# busy. Its output comes when it is done, in one piece, with the output of the second.
set -uo pipefail
bin=${1:-.venv/bin}
waiting=(tests/cluster tests/cli tests/catalog tests/adaptation tests/calibration tests/docs)
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$bin/coverage" run -m pytest "${waiting[@]}" >"$output" 2>&1 &
first=$!
"$bin/coverage" run -m pytest "${waiting[@]/#/--ignore=}" tests
others=$?
wait "$first"
servers=$?
cat "$output"
if [ "$servers" != 0 ]; then exit "$servers"; fi
exit "$others"
