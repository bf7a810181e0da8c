#!/usr/bin/env bash
# Check .github/workflows with actionlint: the one on the path, or that in build/bin, which Go fetches the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v1.7.12
actionlint=$(command -v actionlint || echo build/bin/actionlint)
if [ ! -x "$actionlint" ]; then
  command -v go >/dev/null || { echo "needs actionlint, or Go to fetch it" >&2; exit 3; }
  GOBIN="$PWD/build/bin" go install "github.com/rhysd/actionlint/cmd/actionlint@$version"
fi
"$actionlint" -no-color .github/workflows/*.yml
