#!/usr/bin/env bash
# npm test: everything, from a fresh clone. The last line says how many passed and failed.
set -uo pipefail
cd "$(dirname "$0")/.."
. test/prepare.sh

passed=0
failed=0
report=$(mktemp)
trap 'rm -f "$report"' EXIT

finish() {
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
  exit
}

# A gate is a step that counts as one test.
gate() {
  local name=$1
  shift
  printf '== %s\n' "$name"
  if "$@"; then passed=$((passed + 1)); else
    printf 'FAILED: %s\n' "$name"
    failed=$((failed + 1))
    return 1
  fi
}

# What the bench needs that is tried out, and machines that it reaches over ssh.
peers=(sshd:openssh-server ssh:openssh-client iperf3:iperf3 wrk:wrk nginx:nginx-core)

set -e
prepare
set +e
gate "npm run build" build || finish
for script in lint types layers unused; do gate "npm run $script" timeout 300 npm run --silent "$script"; done

printf '== tests\n'
timeout 1800 npx vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@"
code=$?
counts=$(node -e '
  const report = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"));
  console.log(report.numPassedTests, report.numTotalTests - report.numPassedTests + broken.length);
' "$report" 2>/dev/null)
if [ -z "$counts" ]; then
  printf 'FAILED: vitest ended with %s and left no report\n' "$code"
  counts="0 1"
fi
passed=$((passed + ${counts% *}))
failed=$((failed + ${counts#* }))
if [ "$code" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
finish
