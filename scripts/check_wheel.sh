#!/usr/bin/env bash
# Installs the wheel of a folder into an empty environment of every supported Python found, and runs the demo there.
set -euo pipefail
wheel=$(ls -t "$1"/sosie-*.whl | head -n 1)
wheel=$(realpath "$wheel")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

find_python() { # the first interpreter of that version that starts: on the path, or kept by pyenv
  for candidate in "python$1" "$HOME/.pyenv/versions/$1".*/bin/python; do
    if "$candidate" -c '' 2>/dev/null; then echo "$candidate"; return; fi
  done
}

found=0
for version in 3.11 3.12 3.13; do
  python=$(find_python "$version")
  if [ -z "$python" ]; then echo "python$version: not on this machine"; continue; fi
  "$python" -m venv "$scratch/$version"
  "$scratch/$version/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
  (cd "$scratch" && "$scratch/$version/bin/sosie" demo --into "demo-$version" 2> /dev/null | tail -n 2)
  echo "python$version: installed, demo ran"
  found=$((found + 1))
done
[ "$found" -gt 0 ]
