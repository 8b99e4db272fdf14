# Prepares a fresh clone on Debian or Ubuntu: sourced by run.sh, lab.sh and bench.sh. Says what it does on standard error.

say() { printf '%s\n' "$*" >&2; }

# Runs a step with its name in front; on a terminal the line shows that it is alive. Its output appears only when it fails.
step() {
  local name=$1 log pid started=$SECONDS
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 &
  pid=$!
  if [ -t 2 ]; then
    local marks='|/-\' i=0
    while kill -0 "$pid" 2>/dev/null; do
      printf '\r%s %s (%ss) ' "${marks:i++%4:1}" "$name" "$((SECONDS - started))" >&2
      sleep 0.2
    done
    printf '\r\033[K' >&2
  else
    say "$name …"
  fi
  if wait "$pid"; then
    if [ -t 2 ]; then say "done: $name ($((SECONDS - started))s)"; fi
    rm -f "$log"
  else
    local code=$?
    say "failed: $name"
    cat "$log" >&2
    rm -f "$log"
    return "$code"
  fi
}

require_root() {
  if [ "$(id -u)" != 0 ]; then
    say "This makes network namespaces and needs root: run it with sudo."
    exit 1
  fi
}

require_node() {
  local major
  major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/')
  if [ "${major:-0}" -lt 20 ]; then
    say "Node.js 20 or later is needed (found: $(node --version 2>/dev/null || echo none))."
    exit 1
  fi
}

# What the peers of a bench need besides: command:package, as everywhere here.
peers=()

install_packages() {
  local pair missing=()
  for pair in "${peers[@]}" nft:nftables ip:iproute2 tcpdump:tcpdump keepalived:keepalived ping:iputils-ping \
    conntrack:conntrack conntrackd:conntrackd openssl:openssl sysctl:procps chrt:util-linux curl:curl faketime:faketime ethtool:ethtool; do
    [ -e "${pair%%:*}" ] || command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} = 0 ] && return
  export DEBIAN_FRONTEND=noninteractive
  # Some would start as services of this machine: they shall not.
  local policy=/usr/sbin/policy-rc.d made=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=1
  fi
  local code=0
  step "apt-get update" timeout 300 apt-get update -q || code=$?
  [ $code = 0 ] && { step "apt-get install ${missing[*]}" timeout 600 apt-get install -q -y --no-install-recommends "${missing[@]}" || code=$?; }
  [ $made = 1 ] && rm -f "$policy"
  return $code
}

# Whether node_modules holds what package-lock.json wants.
modules_fresh() {
  node -e '
    const read = (file) => JSON.parse(require("node:fs").readFileSync(file, "utf8")).packages;
    const wanted = read("package-lock.json");
    const installed = read("node_modules/.package-lock.json");
    for (const [path, { version, link, optional, devOptional }] of Object.entries(wanted)) {
      if (!path.includes("node_modules/") || optional || devOptional) continue;
      if (installed[path] === undefined || (!link && installed[path].version !== version)) process.exit(1);
    }
  ' 2>/dev/null
}

install_modules() {
  modules_fresh || step "npm ci" timeout 900 npm ci --no-audit --no-fund
}

prepare() {
  PATH=$PATH:/usr/sbin:/sbin
  require_root
  require_node
  install_packages
  install_modules
}

build() { step "npm run build" timeout 600 npm run build --silent; }
