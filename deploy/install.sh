#!/usr/bin/env bash
# Installs vipair on Debian or Ubuntu, or upgrades it; run it again as often as you like. Run it from an unpacked tarball
# of deploy/pack.sh, from the repository (it packs first), or from a release under /opt/vipair/releases (rollback).
#
#   install.sh [--prefix /opt/vipair] [--root DIR]
#   install.sh --uninstall [--purge] [--prefix /opt/vipair] [--root DIR]
#
#   --root DIR   install into a root file system that is not running: files only, no packages, no services
#   --uninstall  stop the service and remove everything that was installed; /etc/vipair and /var/lib/vipair stay
#   --purge      with --uninstall: remove /etc/vipair too, and with it the pair's secret, and /var/lib/vipair
#
# It starts and restarts nothing: when this node stops serving is the operator's decision.
set -euo pipefail

prefix=/opt/vipair root='' uninstall=0 purge=0
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

main() {
  read_options "$@"
  require_system
  if [ $uninstall = 1 ]; then
    stop_service
    remove_files
    return
  fi
  find_node
  install_libraries
  install_release
  install_commands
  install_system_files
  install_examples
  reload_manager
  check_configuration
  say_next_steps
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix | --root)
        [ $# -ge 2 ] || fail "$1 needs a directory"
        case $2 in /*) ;; *) fail "$1 needs an absolute path, not $2" ;; esac
        if [ "$1" = --prefix ]; then prefix=${2%/}; else root=${2%/}; fi
        shift
        ;;
      --uninstall) uninstall=1 ;;
      --purge) purge=1 ;;
      -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0" && exit 0 ;;
      *) fail "unknown option $1; see --help" ;;
    esac
    shift
  done
  case $prefix in '' | *[!A-Za-z0-9/._-]*) fail "--prefix may have letters, digits and / . _ - only" ;; esac
  case $prefix in / | /etc | /usr | /usr/local | /opt | /var | /home | /root) fail "--prefix $prefix: give vipair a directory of its own" ;; esac
  [ $purge = 0 ] || [ $uninstall = 1 ] || fail "--purge goes with --uninstall"
  [ -z "$root" ] || [ -d "$root" ] || fail "--root $root: no such directory"

  releases=$root$prefix/releases
  # /usr belongs to dpkg; what the administrator adds goes to /usr/local, where PATH, man and systemd look as well.
  bin=$root/usr/local/bin
  man=$root/usr/local/share/man
  completion=$root/usr/local/share/bash-completion/completions/vipair
  unit=$root/usr/local/lib/systemd/system/vipaird.service
  modules=$root/usr/local/lib/modules-load.d/vipair.conf
  sysctls=$root/etc/sysctl.d/60-vipair.conf
  etc=$root/etc/vipair
}

require_system() {
  [ "$(id -u)" = 0 ] || fail "this installs a system service and needs root: run it with sudo"
  local ids=''
  [ ! -r "$root/etc/os-release" ] || ids=$(. "$root/etc/os-release" && printf ' %s %s ' "${ID:-}" "${ID_LIKE:-}")
  case $ids in
    *' debian '* | *' ubuntu '*) ;;
    *) fail "this is for Debian and Ubuntu${root:+ in $root}; found:${ids:- no /etc/os-release}" ;;
  esac
}

# Debian's own package may be older than 20. The path found is written into the unit and the commands, because a service
# has no login shell's PATH.
find_node() {
  node=${VIPAIR_NODE:-$(command -v node || true)}
  [ -n "$node" ] || fail "Node.js 20 or later is needed and there is none: install it from your usual source
(nodesource.com, or the tarball of nodejs.org), or set VIPAIR_NODE to its path"
  local major
  major=$("$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null) || fail "$node does not run"
  [ "$major" -ge 20 ] || fail "Node.js 20 or later is needed; $node is $("$node" --version)"
  case $node in
    *[!A-Za-z0-9/._+-]*) fail "the path of Node.js may not contain blanks or special characters: $node" ;;
    /home/* | /root/*) warn "$node lies in a home directory, which the service cannot see (ProtectHome): install Node.js for the system" ;;
  esac
}

has_package() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# libnftables1 is what the daemon loads; nftables is for you: `nft list ruleset`.
install_libraries() {
  if [ -n "$root" ]; then
    ls "$root"/usr/lib/*/libnftables.so.1 >/dev/null 2>&1 || warn "install the package nftables in $root before the first start"
    return
  fi
  if has_package libnftables1 && has_package nftables; then return; fi
  say "installing the package nftables …"
  local log
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nftables libnftables1; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "apt-get could not install nftables; install it and run this again"
  fi
  rm -f "$log"
}

# A release is complete before it gets its name, and `current` changes in one rename: whatever happens meanwhile, the
# commands lead to a whole release. A running daemon goes on in the directory that it was started from.
install_release() {
  local source=$here packed=''
  if [ ! -f "$here/RELEASE" ]; then
    [ -x "$here/deploy/pack.sh" ] || fail "no built product beside $0"
    packed=$(mktemp -d)
    trap 'rm -rf "$packed"' EXIT
    "$here/deploy/pack.sh" --directory "$packed"
    source=$packed
  fi
  release=$(cat "$source/RELEASE")
  former=$(readlink "$root$prefix/current" 2>/dev/null | sed 's|.*/||' || true)
  mkdir -p "$releases"
  if [ ! -d "$releases/$release" ]; then
    rm -rf "$releases/.incoming"
    cp -R "$source" "$releases/.incoming"
    chown -R 0:0 "$releases/.incoming"
    chmod -R u=rwX,go=rX "$releases/.incoming"
    mv -T "$releases/.incoming" "$releases/$release"
  fi
  ln -sfn "releases/$release" "$root$prefix/current.next"
  mv -T "$root$prefix/current.next" "$root$prefix/current"
  [ -z "$packed" ] || rm -rf "$packed"
  remove_old_releases
}

# Keeps the release before this one, for a rollback.
remove_old_releases() {
  if [ -n "$former" ] && [ "$former" != "$release" ]; then ln -sfn "releases/$former" "$root$prefix/previous"; fi
  local kept directory
  kept=$(readlink "$root$prefix/previous" 2>/dev/null | sed 's|.*/||' || true)
  for directory in "$releases"/*/; do
    directory=$(basename "$directory")
    if [ "$directory" != "$release" ] && [ "$directory" != "$kept" ]; then rm -rf "${releases:?}/$directory"; fi
  done
}

install_commands() {
  mkdir -p "$bin"
  write_command vipair packages/cli/bin/vipair.js
  write_command vipaird packages/daemon/bin/vipaird.js
}

write_command() {
  local file=$bin/$1
  if [ -e "$file" ] && ! grep -q '/current/packages/' "$file"; then fail "$file exists and is not ours: move it away"; fi
  printf '#!/bin/sh\nexec %s %s/current/%s "$@"\n' "$node" "$prefix" "$2" >"$file.next"
  chmod 0755 "$file.next"
  mv "$file.next" "$file"
}

install_system_files() {
  local page deploy=$releases/$release/deploy
  for page in "$releases/$release"/docs/man/*.[1-8]; do
    install -D -m 0644 "$page" "$man/man${page##*.}/$(basename "$page")"
  done
  mkdir -p "$(dirname "$completion")" "$(dirname "$unit")"
  "$node" "$releases/$release/packages/cli/bin/vipair.js" completion bash >"$completion"
  chmod 0644 "$completion"
  sed -e "s|/usr/bin/node|$node|" -e "s|/opt/vipair|$prefix|" "$deploy/systemd/vipaird.service" >"$unit"
  chmod 0644 "$unit"
  install -D -m 0644 "$deploy/modules-load.d/vipair.conf" "$modules"
  install_editable "$deploy/sysctl.d/60-vipair.conf" "$sysctls"
}

# A file that the operator may edit: never overwritten.
install_editable() {
  if [ ! -e "$2" ]; then
    install -D -m 0644 "$1" "$2"
  elif ! cmp -s "$1" "$2"; then
    say "${2#"$root"} differs from this release's and stays as it is; compare with $prefix/current/deploy"
  fi
}

install_examples() {
  [ -d "$etc" ] || install -d -m 0750 -o root -g root "$etc"
  install -m 0640 "$releases/$release/deploy/examples/vipair.yaml" "$etc/vipair.yaml.example"
}

manager_runs() { [ -z "$root" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }
service_runs() { manager_runs && systemctl is-active -q vipaird; }

reload_manager() {
  if ! manager_runs; then return; fi
  systemctl daemon-reload
  systemctl restart systemd-modules-load.service 2>/dev/null ||
    warn "not every module of $modules could be loaded; where they are built into the kernel that does not matter"
}

check_configuration() {
  configured=no
  if [ -n "$root" ] || [ ! -e "$etc/vipair.yaml" ]; then return; fi
  if "$bin/vipaird" --check --config "$etc/vipair.yaml"; then
    configured=good
  else
    configured=wrong
  fi
}

say_next_steps() {
  say "vipair $release is installed under $prefix${root:+ in $root}, with $node."
  if service_runs; then
    say "The daemon still runs what it was started with${former:+ ($former)}. Restart the standby first:
  1. on the standby:        systemctl restart vipaird; vipair status    (wait until it is ready again)
  2. on the active node:    systemctl restart vipaird                   (it hands over before it stops)
If the release is no good: $prefix/previous/deploy/install.sh, and restart again."
    return
  fi
  case $configured in
    good) say "Start it:  systemctl enable --now vipaird; vipair status" ;;
    wrong) say "Correct /etc/vipair/vipair.yaml as said above, then:  systemctl enable --now vipaird" ;;
    no)
      say "Next:
  1. on one node:   (umask 077; vipair keygen >/etc/vipair/pair.key), and copy the file to the other node (mode 0600)
  2. on both:       the same /etc/vipair/vipair.yaml; begin with /etc/vipair/vipair.yaml.example, see vipair.yaml(5)
  3. on both:       vipaird --check
  4. on both:       systemctl enable --now vipaird
  5. vipair status"
      ;;
  esac
}

# With its hand-over. A daemon that was started by hand must be stopped by hand.
stop_service() {
  if [ -n "$root" ]; then return; fi
  if manager_runs && [ -e "$unit" ]; then systemctl disable --now vipaird 2>/dev/null || true; fi
  if [ -S /run/vipair/vipaird.sock ] && [ -x "$bin/vipair" ]; then
    local code=0
    "$bin/vipair" status --json >/dev/null 2>&1 || code=$?
    [ $code = 3 ] || fail "a vipaird that was not started by systemd still runs; stop it (SIGTERM) and run this again"
  fi
  # A fence without its daemon keeps this node from answering for addresses that a killed daemon left behind.
  if command -v nft >/dev/null && nft list tables 2>/dev/null | grep -q 'vipair'; then
    fail "a daemon that was killed left its tables in the kernel (nft list tables), and perhaps addresses:
start vipaird once and stop it with SIGTERM, or reboot, and run this again"
  fi
}

remove_files() {
  local page
  for page in "$releases"/*/docs/man/*.[1-8]; do
    if [ -e "$page" ]; then rm -f "$man/man${page##*.}/$(basename "$page")"; fi
  done
  local command
  for command in vipair vipaird; do
    if grep -q '/current/packages/' "$bin/$command" 2>/dev/null; then rm -f "$bin/$command"; fi
  done
  if cmp -s "$root$prefix/current/deploy/sysctl.d/60-vipair.conf" "$sysctls" || [ $purge = 1 ]; then
    rm -f "$sysctls"
  elif [ -e "$sysctls" ]; then
    say "${sysctls#"$root"} was edited and stays"
  fi
  rm -f "$unit" "$modules" "$completion" "$etc/vipair.yaml.example"
  rm -rf "$releases" "$root$prefix/current" "$root$prefix/previous"
  [ -n "$root" ] || rm -rf /run/vipair
  if [ $purge = 1 ]; then rm -rf "$etc" "$root/var/lib/vipair"; fi
  # Directories that this made, as far as they are empty now.
  local directory
  for directory in "$root$prefix" "$etc" "$man"/man[158] "$(dirname "$completion")" "$root/usr/local/share/bash-completion" \
    "$(dirname "$unit")" "$root/usr/local/lib/systemd" "$(dirname "$modules")"; do
    [ -h "$directory" ] || rmdir "$directory" 2>/dev/null || true
  done
  if manager_runs; then systemctl daemon-reload; fi
  say "vipair is removed${root:+ from $root}."
  if [ -d "$etc" ]; then say "${etc#"$root"} stays, with configuration and secret; --uninstall --purge removes it."; fi
}

main "$@"
