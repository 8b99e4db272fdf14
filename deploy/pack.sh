#!/usr/bin/env bash
# Makes vipair-VERSION-linux-ARCH.tar.gz from this repository: the built product with the packages it needs at run time,
# and what installs it. Or with --directory, the same as a folder.
#
#   deploy/pack.sh [--output FILE | --directory DIR] [--no-build]
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
output='' directory='' build=1

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "pack.sh: $*"
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --output | --directory)
      [ $# -ge 2 ] || fail "$1 needs a value"
      if [ "$1" = --output ]; then output=$2; else directory=$2; fi
      shift
      ;;
    --no-build) build=0 ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) fail "unknown option $1" ;;
  esac
  shift
done

command -v node >/dev/null && command -v npm >/dev/null || fail "Node.js 20 or later with npm is needed to build"
version=$(node -p 'require(process.argv[1]).version' "$repository/package.json")
name=vipair-$version-linux-$(node -p process.arch)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/$name

build_product() {
  [ -d "$repository/node_modules/typescript" ] || (cd "$repository" && npm ci --no-audit --no-fund)
  (cd "$repository" && node_modules/.bin/tsc -b packages/cli packages/daemon)
}

# The workspaces' manifests alone, so that npm installs what the two commands need and nothing for development.
install_dependencies() {
  local manifest
  while IFS= read -r manifest; do
    mkdir -p "$stage/$(dirname "$manifest")"
    cp "$repository/$manifest" "$stage/$manifest"
  done < <(cd "$repository" && printf '%s\n' package.json package-lock.json test/package.json packages/*/package.json)
  (cd "$stage" && npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund \
    --workspace @vipair/cli --workspace @vipair/daemon) || return 1
  rm -rf "$stage/test" "$stage/package-lock.json"
}

# The packages of this repository that the two commands are made of, one on each line.
runtime_packages() {
  (cd "$repository" && node -e '
    const found = new Set();
    const visit = (name) => {
      if (found.has(name)) return;
      found.add(name);
      const { dependencies = {} } = require(`./packages/${name}/package.json`);
      for (const other of Object.keys(dependencies)) if (other.startsWith("@vipair/")) visit(other.slice(8));
    };
    ["cli", "daemon"].forEach(visit);
    console.log([...found].join("\n"));')
}

# Of each: its manifest, commands and compiled code, without tests, types and maps.
copy_packages() {
  local package wanted
  wanted=$(runtime_packages)
  for package in $(ls "$stage/packages"); do
    if grep -qx "$package" <<<"$wanted"; then
      [ -f "$repository/packages/$package/dist/index.js" ] || [ -f "$repository/packages/$package/dist/main.js" ] ||
        fail "packages/$package is not built: run npm run build"
      (cd "$repository/packages/$package" && find . -path ./node_modules -prune -o -path ./src -prune -o \
        -type f -name '*.js' ! -name '*.test.js' ! -name '*.config.js' -print) |
        tar -C "$repository/packages/$package" -cf - -T - | tar -C "$stage/packages/$package" -xf -
    else
      rm -rf "$stage/packages/$package"
    fi
  done
  # Links to what was not packed.
  find "$stage/node_modules" -xtype l -delete
}

copy_rest() {
  mkdir -p "$stage/docs"
  cp -R "$repository/deploy" "$stage/deploy"
  cp -R "$repository/docs/man" "$repository/docs/install.md" "$stage/docs/"
  cp "$repository/LICENSE" "$stage/"
  # Types, maps and sources of other people's packages are not read at run time.
  find "$stage/node_modules" -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete
  rm -f "$stage/node_modules/.package-lock.json"
}

# The release is named after its content, so that two builds of one version are two releases, and the same one is one.
name_release() {
  local digest
  digest=$(cd "$stage" && find . \( -type f -o -type l \) | LC_ALL=C sort | while IFS= read -r file; do
    if [ -L "$file" ]; then printf '%s  %s\n' "$(readlink "$file")" "$file"; else sha256sum "$file"; fi
  done | sha256sum | cut -c1-8)
  printf '%s-%s\n' "$version" "$digest" >"$stage/RELEASE"
}

[ $build = 0 ] || build_product >&2
mkdir -p "$stage"
install_dependencies >"$work/npm.log" 2>&1 || fail "npm ci failed:
$(cat "$work/npm.log")"
copy_packages
copy_rest
chmod -R u=rwX,go=rX "$stage"
name_release

if [ -n "$directory" ]; then
  mkdir -p "$directory"
  cp -R "$stage/." "$directory/"
  say "packed $(cat "$stage/RELEASE") into $directory"
else
  output=${output:-$PWD/$name.tar.gz}
  tar -C "$work" --owner=0 --group=0 --sort=name -czf "$output" "$name"
  say "packed $(cat "$stage/RELEASE") into $output"
fi
