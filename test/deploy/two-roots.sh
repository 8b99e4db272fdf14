#!/usr/bin/env bash
# Installs vipair on two fresh Debian systems and makes them a pair, the way docs/install.md says: two root file systems
# with systemd of their own, in network namespaces of their own (vpd-*), on this machine. Needs root, debootstrap, curl
# and Debian's mirror; leaves nothing behind but the bare system under /var/cache/vipair-test, for the next run.
#
#     client 198.51.100.1 ── eth0 lb1 eth1 ── web1 10.77.2.11
#                         ── eth0 lb2 eth1 ── web2 10.77.2.12
#                     lb1 eth2 ── 192.0.2.0/24 ── eth2 lb2
#
#   test/deploy/two-roots.sh [--tarball FILE] [--capabilities]
#
# With --capabilities it ends with a table: what a node can do with fewer capabilities than the unit grants.
set -euo pipefail

# The first run makes the bare system, which takes minutes; all others end within three.
[ -n "${VIPAIR_BOUNDED:-}" ] || VIPAIR_BOUNDED=1 exec timeout -k 20 600 "$0" "$@"

repository=$(cd "$(dirname "$0")/../.." && pwd)
cache=/var/cache/vipair-test/bookworm
virtual=198.51.100.10
cgroups=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
work=$(mktemp -d /tmp/vpd.XXXXXX)
tarball='' capabilities=0
declare -A init=()
background=()

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --tarball) tarball=$(readlink -f "$2") && shift ;;
      --capabilities) capabilities=1 ;;
      *) fail "unknown option $1" ;;
    esac
    shift
  done
  require_tools
  trap clean_up EXIT
  step "a bare Debian" make_base
  step "the tarball" pack
  step "networks, two web servers, a client" make_networks
  for host in lb1 lb2; do step "$host: boot" boot "$host"; done
  for host in lb1 lb2; do list_files "$host" >"$work/$host.before"; done
  for host in lb1 lb2; do step "$host: install.sh" install_on "$host"; done
  step "lb1: keygen, and the key copied to lb2" share_key
  for host in lb1 lb2; do step "$host: vipair.yaml, vipaird --check" configure "$host"; done
  for host in lb1 lb2; do step "$host: systemctl enable --now vipaird" start "$host"; done
  step "the pair is ready" ready
  step "client: request through $virtual" request
  on lb1 vipair status
  step "vipair failover" fail_over
  step "client: request through $virtual" request
  step "the daemon of the active node is killed: the other takes over, systemd starts it again" kill_active
  step "client: request through $virtual" request
  step "systemctl reload" reload
  step "upgrade, the standby first" upgrade
  step "client: request through $virtual" request
  step "rollback" roll_back
  step "what the unit grants" show_unit lb1
  [ $capabilities = 0 ] || step "fewer capabilities" try_capabilities
  for host in lb1 lb2; do step "$host: install.sh --uninstall --purge" uninstall "$host"; done
  for host in lb1 lb2; do step "$host: nothing is left" expect_nothing_left "$host"; done
  say "passed in $SECONDS s"
}

say() { printf '%s\n' "$*"; }
fail() {
  say "FAILED: $*" >&2
  return 1
}
step() {
  say "--- $1 ($SECONDS s)"
  "${@:2}"
}

# Runs a command on a host, in its root and with its network.
on() {
  local host=$1
  shift
  nsenter -t "${init[$host]}" -m -u -i -n -p -C -r env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin COLUMNS=80 "$@"
}
# The same with this machine's network, for apt-get.
online() {
  local host=$1
  shift
  nsenter -t "${init[$host]}" -m -u -i -p -C -r env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
net() { nsenter --net="/run/netns/vpd-$1" "${@:2}"; }

within() {
  local seconds=$1 deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      fail "not within $seconds s: $*"
      return 1
    fi
    sleep 0.2
  done
}

require_tools() {
  [ "$(id -u)" = 0 ] || fail "this makes network namespaces and root file systems: run it as root"
  [ -n "$cgroups" ] || fail "no cgroup2 is mounted, which systemd needs"
  local tool
  for tool in debootstrap curl nsenter unshare ip findmnt node; do
    command -v "$tool" >/dev/null || fail "$tool is needed: apt-get install debootstrap curl iproute2 util-linux"
  done
}

make_base() {
  if [ -x "$cache/lib/systemd/systemd" ]; then return; fi
  rm -rf "$cache" "$cache.new"
  mkdir -p "$(dirname "$cache")"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm "$cache.new" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" && fail debootstrap; }
  rm -f "$cache.new"/var/cache/apt/archives/*.deb
  mv "$cache.new" "$cache"
}

pack() {
  if [ -z "$tarball" ]; then
    tarball=$work/vipair.tar.gz
    "$repository/deploy/pack.sh" --output "$tarball"
  fi
  mkdir "$work/packed"
  tar -C "$work/packed" --strip-components=1 -xzf "$tarball"
}

make_networks() {
  local name
  for name in switch client web1 web2 lb1 lb2; do
    ip netns add "vpd-$name"
    net "$name" ip link set lo up
  done
  for name in outside inside sync; do
    net switch ip link add "$name" type bridge
    net switch ip link set "$name" up
  done
  plug client eth0 outside 198.51.100.1/24
  plug web1 eth0 inside 10.77.2.11/24
  plug web2 eth0 inside 10.77.2.12/24
  plug lb1 eth0 outside 198.51.100.2/24
  plug lb2 eth0 outside 198.51.100.3/24
  plug lb1 eth1 inside 10.77.2.2/24
  plug lb2 eth1 inside 10.77.2.3/24
  plug lb1 eth2 sync 192.0.2.1/24
  plug lb2 eth2 sync 192.0.2.2/24
  for name in web1 web2; do
    net "$name" ip route add default via 10.77.2.254
    net "$name" node -e 'require("node:http").createServer((request, answer) => answer.end(process.argv[1])).listen(80)' "$name" &
    background+=($!)
  done
}

plug() {
  local cable=$1-$2
  net switch ip link add "$cable" type veth peer name "$2" netns "vpd-$1"
  net switch ip link set "$cable" master "$3" up
  net "$1" ip addr add "$4" dev "$2"
  net "$1" ip link set "$2" up
}

# A container with systemd as its first process, as systemd-nspawn would make one: only its own network's sysctls are
# writable. Above the bare system lies a layer of its own.
boot() {
  local host=$1 root=$work/$1/root
  mkdir -p "$root" "$work/$host/upper" "$work/$host/work" "$cgroups/vpd-$host"
  (
    echo "$BASHPID" >"$cgroups/vpd-$host/cgroup.procs"
    HOST=$host ROOT=$root CACHE=$cache LAYERS=$work/$host NODE=$(readlink -f "$(command -v node)") \
      exec nsenter --net="/run/netns/vpd-$host" unshare -m -C -p -u -i --fork --kill-child bash -euc '
        mount --make-rprivate /
        mount -t overlay overlay -o "lowerdir=$CACHE,upperdir=$LAYERS/upper,workdir=$LAYERS/work" "$ROOT"
        cd "$ROOT"
        echo "$HOST" >etc/hostname
        cp -L /etc/resolv.conf etc/resolv.conf
        for unit in systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service systemd-firstboot.service; do
          ln -sf /dev/null "etc/systemd/system/$unit"
        done
        mount -t proc proc proc
        mount --bind proc/sys proc/sys
        mount --bind proc/sys/net proc/sys/net
        mount -o remount,bind,ro proc/sys
        mount -t sysfs -o ro sysfs sys
        mount -t cgroup2 cgroup2 sys/fs/cgroup
        mount -t tmpfs -o mode=0755 tmpfs dev
        mount -t tmpfs -o mode=0755 tmpfs run
        mount -t tmpfs tmpfs tmp
        mkdir dev/pts dev/shm
        for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
        ln -s pts/ptmx dev/ptmx
        touch usr/local/bin/node
        mount --bind "$NODE" usr/local/bin/node
        pivot_root . .
        umount -l .
        exec setpriv --bounding-set -sys_module,-sys_time,-sys_rawio env -i container=vpd PATH=/usr/sbin:/usr/bin \
          /lib/systemd/systemd --log-target=console --log-level=warning --show-status=no'
  ) >"$work/$host/console" 2>&1 &
  local outer=$!
  background+=("$outer")
  within 10 find_init "$host" "$outer"
  within 30 on "$host" systemctl is-active multi-user.target
  on "$host" systemctl --version | head -n 1
}

find_init() {
  local child
  child=$(cat "/proc/$2/task/$2/children")
  child=${child%% *}
  [ -n "$child" ] && [ "$(cat "/proc/$child/comm")" = systemd ] && init[$1]=$child
}

# What no package owns. systemd, apt and ldconfig write the rest as they please.
list_files() {
  on "$1" sh -c 'find / -xdev \( -path /var -o -path /proc -o -path /sys -o -path /root \) -prune -o -print | sort >/tmp/found
    cat /var/lib/dpkg/info/*.list | sed -E "s,^/(bin|sbin|lib)/,/usr/\1/," | sort -u >/tmp/owned
    grep -vxF -f /tmp/owned /tmp/found | grep -vE "^/etc/(ld.so.cache|machine-id|resolv.conf|.*[.]swp)"'
}

install_on() {
  on "$1" mkdir -p /tmp/vipair
  tar -C "$work/packed" -cf - . | on "$1" tar -C /tmp/vipair -xf -
  online "$1" /tmp/vipair/deploy/install.sh
  online "$1" /tmp/vipair/deploy/install.sh >/dev/null
}

share_key() {
  on lb1 sh -c '(umask 077; vipair keygen >/etc/vipair/pair.key)'
  on lb1 cat /etc/vipair/pair.key | on lb2 sh -c '(umask 077; cat >/etc/vipair/pair.key)'
}

configure() {
  on "$1" sh -c 'cat >/etc/vipair/vipair.yaml' <<YAML
pair:
  name: web
  secretFile: /etc/vipair/pair.key
  nodes:
    lb1: { address: 192.0.2.1, priority: 200 }
    lb2: { address: 192.0.2.2, priority: 100 }
  heartbeat: { interfaces: [eth0] }
addresses:
  - { address: $virtual/24, interface: eth0 }
  - { address: 10.77.2.254/24, interface: eth1 }
services:
  web:
    listen: $virtual:80
    health: { type: http, path: /, status: 200 }
    interval: 500ms
    servers:
      web1: { address: 10.77.2.11:80 }
      web2: { address: 10.77.2.12:80 }
YAML
  on "$1" vipaird --check
}

# Type=notify: systemctl returns when the daemon says that it is up.
start() { on "$1" systemctl enable --now vipaird || fail "start on $1"; }

field() { on "$1" vipair status --json | node -p "JSON.parse(require('node:fs').readFileSync(0)).$2"; }
is_ready() { [ "$(field "$1" role)" = active ] && [ "$(field "$1" peer.ready)" = true ]; }
one_is_ready() { is_ready lb1 || is_ready lb2; }
ready() { within 20 one_is_ready; }
active() { if [ "$(field lb1 role)" = active ]; then echo lb1; else echo lb2; fi; }
other() { if [ "$1" = lb1 ]; then echo lb2; else echo lb1; fi; }

answers() { net client curl -sS --max-time 2 "http://$virtual/" >"$work/answer"; }
request() {
  within 10 answers
  say "$(cat "$work/answer") answered, through $(active)"
  grep -qE '^web[12]$' "$work/answer" || fail "an answer of no server"
}

fail_over() {
  local before
  before=$(active)
  on "$before" vipair failover
  [ "$(active)" != "$before" ] || fail "$before is still active"
}

kill_active() {
  local before
  before=$(active)
  on "$before" systemctl kill --signal=KILL --kill-who=main vipaird
  within 5 is_active "$(other "$before")"
  within 10 is_restarted "$before"
  ready
}
is_restarted() { [ "$(on "$1" systemctl show -P NRestarts vipaird)" -ge 1 ] && on "$1" systemctl is-active vipaird; }
is_active() { [ "$(field "$1" role)" = active ]; }

reload() {
  on lb1 systemctl reload vipaird
  on lb1 systemctl is-active vipaird
}

upgrade() {
  local standby first
  first=$(active)
  standby=$(other "$first")
  for host in lb1 lb2; do
    on "$host" sh -c 'echo 0.1.0-upgrade >/tmp/vipair/RELEASE && /tmp/vipair/deploy/install.sh' >"$work/upgrade"
  done
  cat "$work/upgrade"
  for host in "$standby" "$first"; do
    on "$host" systemctl restart vipaird
    ready
  done
  [ "$(active)" = "$standby" ] || fail "the restart of the active node did not hand over"
  [ "$(on lb1 readlink /opt/vipair/current)" = releases/0.1.0-upgrade ]
}

roll_back() {
  on lb1 /opt/vipair/previous/deploy/install.sh >/dev/null
  [ "$(on lb1 readlink /opt/vipair/current)" = "releases/$(cat "$work/packed/RELEASE")" ] || fail "not rolled back"
  on lb1 systemctl restart vipaird
  ready
}

show_unit() {
  local pid
  pid=$(on "$1" systemctl show -P MainPID vipaird)
  on "$1" grep -E '^(CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status"
  on "$1" sh -c 'systemctl show -p NotifyAccess -p WatchdogUSec -p StatusText vipaird; ls -l /run/vipair; journalctl -u vipaird --no-pager -p warning | grep -i refused || echo "no refusals in the journal"'
  on "$1" systemd-analyze verify /usr/local/lib/systemd/system/vipaird.service 2>&1 | grep -v "Command 'man" || true
}

# What is seen of a node alone that has a set of capabilities: whether it becomes active, and how its agent runs.
try_capabilities() {
  on lb2 systemctl stop vipaird
  local all="CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_NICE CAP_IPC_LOCK" one
  try_set "$all"
  for one in $all; do try_set "${all//$one/}"; done
  try_set "CAP_NET_ADMIN CAP_NET_RAW"
  try_set "CAP_NET_ADMIN CAP_NET_RAW" LimitRTPRIO=0 LimitMEMLOCK=65536
  try_set "$all" LimitRTPRIO=0 LimitMEMLOCK=65536
  on lb1 rm -r /run/systemd/system/vipaird.service.d
  on lb1 systemctl daemon-reload
  on lb1 systemctl restart vipaird
  on lb2 systemctl start vipaird
  ready
}

try_set() {
  local agent locked
  on lb1 systemctl stop vipaird
  on lb1 mkdir -p /run/systemd/system/vipaird.service.d
  on lb1 sh -c 'printf "%s\n" "[Service]" CapabilityBoundingSet= "CapabilityBoundingSet=$1" "$2" "$3" >/run/systemd/system/vipaird.service.d/trial.conf' sh "$1" "${2:-}" "${3:-}"
  on lb1 systemctl daemon-reload
  on lb1 systemctl restart --no-block vipaird
  local role=initialize policy=- forward received=none
  if within 5 is_active lb1 2>/dev/null; then role=active; fi
  agent=$(on lb1 sh -c 'for pid in $(cat /sys/fs/cgroup/system.slice/vipaird.service/cgroup.procs); do grep -q agent/dist /proc/$pid/cmdline && echo $pid; done' || true)
  [ -z "$agent" ] || policy=$(on lb1 cut -d ' ' -f 41 "/proc/$agent/stat")
  locked=$(on lb1 sed -n 's/^VmLck:[[:space:]]*//p' "/proc/${agent:-self}/status")
  forward=$(net lb1 cat /proc/sys/net/ipv4/ip_forward)
  answers 2>/dev/null && received=$(cat "$work/answer") || true
  printf '%-85s %-60s\n' "$*" "role $role, policy $policy (1: real-time), locked $locked, ip_forward $forward, answer $received"
  on lb1 journalctl -u vipaird --no-pager -o cat -n 12 --since=-4s | grep -iE 'refused|EPERM|EACCES' | tail -n 3 || true
}

uninstall() { on "$1" /opt/vipair/current/deploy/install.sh --uninstall --purge; }

expect_nothing_left() {
  list_files "$1" >"$work/$1.after"
  diff "$work/$1.before" "$work/$1.after" || fail "files are left (>) or gone (<) on $1"
  [ -z "$(on "$1" nft list ruleset)" ] || fail "nftables rules are left on $1: $(on "$1" nft list ruleset)"
  ! net "$1" ip -o addr | grep -E "$virtual|10.77.2.254" || fail "virtual addresses are left on $1"
  [ "$(net "$1" cat /proc/sys/net/ipv4/ip_forward)" = 0 ] || fail "ip_forward is left on $1"
  on "$1" test ! -e /run/vipair || fail "/run/vipair is left on $1"
  [ -z "$(on "$1" systemctl list-unit-files --no-legend 'vipair*')" ] || fail "the unit is left on $1"
}

clean_up() {
  local status=$? host pid
  trap - EXIT
  set +e
  if [ $status != 0 ]; then
    for host in "${!init[@]}"; do
      say "--- $host: journal"
      on "$host" systemctl status vipaird --no-pager
      on "$host" journalctl -n 40 -u vipaird --no-pager -o cat
    done
    for host in lb1 lb2; do [ -s "$work/$host/console" ] && say "--- $host: console" && tail -n 20 "$work/$host/console"; done
  fi
  exec 2>/dev/null
  for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null; done
  wait 2>/dev/null
  for host in switch client web1 web2 lb1 lb2; do ip netns del "vpd-$host" 2>/dev/null; done
  for host in lb1 lb2; do
    [ -d "$cgroups/vpd-$host" ] || continue
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      find "$cgroups/vpd-$host" -depth -type d -exec rmdir {} + 2>/dev/null
      [ -d "$cgroups/vpd-$host" ] || break
      sleep 0.2
    done
  done
  rm -rf "$work"
  exit $status
}

main "$@"
