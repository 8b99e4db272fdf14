#!/usr/bin/env bash
# npm run bench -- NAME…: measures side by side with peers in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/prepare.sh
for word in "$@"; do
  case "$word" in
    throughput | connections | scale)
      peers=(haproxy:haproxy nginx:nginx-core nftlb:nftlb wrk:wrk iperf3:iperf3
        /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream)
      ;;
  esac
done
case " $* " in
  *" --hosts "*) peers=(ssh:openssh-client) ;; # the other machines say themselves what they lack
esac
prepare
build
exec node test/dist/bench/main.js "$@"
