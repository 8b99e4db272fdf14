#!/usr/bin/env bash
# npm run lab: two load balancers, two real servers and a client on this machine, with real traffic and real failures.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/prepare.sh
prepare
build
exec node test/dist/lab/main.js "$@"
