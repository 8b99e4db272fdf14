#!/usr/bin/env bash
# npm run bench -- NAME: measures side by side with peers in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/prepare.sh
prepare
build
exec node test/dist/bench/main.js "$@"
