#!/usr/bin/env bash
# npm run bench -- NAME: measures side by side with peers in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/prepare.sh
case "${1-}" in
  throughput | connections | scale)
    peers=(haproxy:haproxy nginx:nginx-core nftlb:nftlb wrk:wrk iperf3:iperf3
      /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream)
    ;;
esac
prepare
build
exec node test/dist/bench/main.js "$@"
