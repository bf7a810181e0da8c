#!/usr/bin/env bash
# Installs the wheel of a folder into an empty environment of every supported Python found, and runs the demo there.
set -euo pipefail
wheel=$(ls -t "$1"/sosie-*.whl | head -n 1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
found=0
for version in 3.11 3.12 3.13; do
  python=$(command -v "python$version" || ls -d "$HOME/.pyenv/versions/$version".*/bin/python 2>/dev/null | tail -n 1 || true)
  [ -n "$python" ] && "$python" -c '' 2>/dev/null || { echo "python$version: not on this machine"; continue; }
  "$python" -m venv "$scratch/$version"
  "$scratch/$version/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
  (cd "$scratch" && "$scratch/$version/bin/sosie" demo --into "demo-$version" > "$version.txt")
  tail -n 1 "$scratch/$version.txt"
  echo "python$version: installed, demo ran"
  found=$((found + 1))
done
[ "$found" -gt 0 ]
