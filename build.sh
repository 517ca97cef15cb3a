#!/usr/bin/env bash
# The one entry of the repository: ./build.sh demo | test | serve | bench | build (./build.sh help tells more).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly ROOT="$PWD"
readonly ARTIFACTS="$ROOT/artifacts"
readonly CONFIGURATION="${CONFIGURATION:-Release}"
readonly ACCELERATOR="${ACCELERATOR:-cpu}"
readonly SUITE_TIMEOUT="${SUITE_TIMEOUT:-15m}" # a suite that hangs fails instead of holding the run

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Build servers that outlive the command keep memory that the demo and the tests want.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

usage() {
  cat <<'TEXT'
Usage: ./build.sh COMMAND [arguments]

  demo [--json] [--serve] ...   play eight virtual cameras against a server in this process, print the scores
                                and write artifacts/demo/index.html
  test [NAME ...]               build everything and run every test suite (or those whose name contains NAME)
  serve ...                     run the server on this machine (facecluster serve ...)
  bench ...                     run the measurements of bench/ (all of them, or those named)
  build                         build the command line tools: artifacts/facecluster, artifacts/facecluster-train and
                                artifacts/facecluster-robustness, which lets parts of a cluster die and checks the rest
  format                        check the layout of the code (dotnet format --verify-no-changes)
  clean                         delete artifacts/ and every build output

Environment: CONFIGURATION=Release|Debug, ACCELERATOR=cpu|cuda (which ONNX Runtime the build carries).
TEXT
}

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# --- What must be on the machine ------------------------------------------------------------------------------------

has_dotnet() { dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; }

has_node() { { command -v node && command -v npm; } >/dev/null 2>&1; }

require_dotnet() {
  has_dotnet || try_install dotnet-sdk-10.0 || true
  has_dotnet || fail "the .NET 10 SDK is missing: install it (https://dotnet.microsoft.com/download/dotnet/10.0; on Ubuntu 24.04 'sudo apt-get install dotnet-sdk-10.0' does) and run this again."
}

require_node() {
  has_node || try_install nodejs npm || true
  has_node || fail "Node.js with npm is missing (the models and the sample photographs come from npm packages): install it (https://nodejs.org; on Debian and Ubuntu 'sudo apt-get install nodejs npm' does) and run this again."
}

# Installs Debian packages as root or with a sudo that asks nothing; false where this machine or user may not.
try_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  local sudo=() file
  if [ "$(id -u)" -ne 0 ]; then
    { command -v sudo && sudo -n true; } >/dev/null 2>&1 || return 1
    sudo=(sudo -n)
  fi
  say "installing $* (apt)"
  file="$(log apt)"
  { "${sudo[@]}" apt-get update -q && "${sudo[@]}" apt-get install -y -q --no-install-recommends "$@"; } >"$file" 2>&1 || {
    say "apt-get could not install $*; its output is in $file"
    return 1
  }
}

# --- Steps ----------------------------------------------------------------------------------------------------------

log() {
  mkdir -p "$ARTIFACTS/logs"
  printf '%s/logs/%s.log' "$ARTIFACTS" "$1"
}

# Runs a command with its output in a log; shows the end of the log where the command fails.
quietly() {
  local file
  file="$(log "$1")"
  shift
  "$@" >"$file" 2>&1 || {
    grep -E '(error|warning) [A-Z]+[0-9]+' "$file" | sort -u | head -40 >&2 || true
    tail -n 15 "$file" >&2
    fail "'$*' failed; the whole output is in $file."
  }
  # Warnings are defects here: show them even where they did not stop the build.
  grep -E ': warning [A-Z]+[0-9]+' "$file" | sort -u >&2 || true
}

# True where nothing that the named output is made of changed since the stamp was written.
fresh() {
  local stamp="$1"
  shift
  [ -f "$stamp" ] && [ -z "$(find "$@" Directory.Build.props Directory.Packages.props global.json .editorconfig \
    \( -name bin -o -name obj -o -name node_modules \) -prune -o -type f -newer "$stamp" -print -quit 2>/dev/null)" ]
}

fetch_models() {
  require_node
  "$ROOT/eng/fetch-models.sh" >&2 # standard output belongs to what was asked for: one JSON object, say
}

# The Faiss shim is an option of large shards: it is built where its library is installed and left out elsewhere.
build_native() {
  [ -x "$ROOT/eng/build-native.sh" ] && "$ROOT/eng/build-native.sh" >&2
  return 0
}

publish() {
  local project="$1" folder="$2"
  quietly "publish-$folder" dotnet publish "$project" -c "$CONFIGURATION" -p:Accelerator="$ACCELERATOR" \
    -o "$ARTIFACTS/$folder" --nologo -v minimal -nodeReuse:false
}

# A script rather than the built executable: it finds the dotnet of the PATH wherever that was installed.
launcher() {
  local name="$1" folder="$2"
  cat >"$ARTIFACTS/$name" <<TEXT
#!/bin/sh
# Starts $name; written by build.sh.
here="\$(dirname "\$(readlink -f "\$0")")"
# A server wants the collector that uses every core; short commands want the one that starts small.
case "\$1" in serve | demo) export DOTNET_gcServer="\${DOTNET_gcServer-1}" ;; esac
exec dotnet "\$here/$folder/$name.dll" "\$@"
TEXT
  chmod +x "$ARTIFACTS/$name"
}

build_tools() {
  require_dotnet
  local stamp="$ARTIFACTS/.built-$CONFIGURATION-$ACCELERATOR"
  fetch_models
  fresh "$stamp" src eng && [ -x "$ARTIFACTS/facecluster" ] && return 0
  build_native
  say "building artifacts/facecluster and artifacts/facecluster-train ($CONFIGURATION; about a minute the first time)"
  mkdir -p "$ARTIFACTS"
  local mark="$ARTIFACTS/.building"
  touch "$mark" # what is edited while this builds counts as newer
  publish src/Cli/FaceCluster.Cli.csproj cli
  publish src/Trainer/FaceCluster.Trainer.csproj trainer
  launcher facecluster cli
  launcher facecluster-train trainer
  rm -f "$ARTIFACTS"/.built-*
  mv "$mark" "$stamp"
}

# --- Commands -------------------------------------------------------------------------------------------------------

# The fault injector: real processes, killed and held up, on a PostgreSQL of its own.
build_robustness() {
  say "building artifacts/facecluster-robustness"
  publish bench/Robustness/FaceCluster.Robustness.csproj robustness
  cat >"$ARTIFACTS/facecluster-robustness" <<'TEXT'
#!/bin/sh
# Starts facecluster-robustness; written by build.sh.
exec dotnet "$(dirname "$(readlink -f "$0")")/robustness/FaceCluster.Robustness.dll" "$@"
TEXT
  chmod +x "$ARTIFACTS/facecluster-robustness"
}

build() {
  build_tools
  build_robustness
  say "ready: artifacts/facecluster --help"
}

demo() {
  build_tools
  say "playing eight virtual cameras against a server in this process (about a minute)"
  exec "$ARTIFACTS/facecluster" demo --samples "$ARTIFACTS/samples" --models "$ARTIFACTS/models" --output "$ARTIFACTS/demo" "$@"
}

serve() {
  build_tools
  exec "$ARTIFACTS/facecluster" serve --models "$ARTIFACTS/models" "$@"
}

bench() {
  require_dotnet
  fetch_models
  build_native
  say "building bench/ ($CONFIGURATION)"
  quietly build-bench dotnet build bench/Bench/FaceCluster.Bench.csproj -c "$CONFIGURATION" -p:Accelerator="$ACCELERATOR" --nologo -v minimal -nodeReuse:false
  exec dotnet "$ROOT/bench/Bench/bin/$CONFIGURATION/net10.0/FaceCluster.Bench.dll" "$@"
}

# Runs one suite; adds its counts to the totals. A suite that ends without a summary counts as one failure.
run_suite() {
  local name="$1" file code=0 summary total errors failed skipped
  file="$(log "test-$name")"
  timeout --kill-after=30s "$SUITE_TIMEOUT" dotnet "tests/$name/bin/$CONFIGURATION/net10.0/FaceCluster.$name.dll" -noColor -noLogo >"$file" 2>&1 || code=$?
  summary="$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$file" | tail -n 1 || true)"
  if ! grep -rqsE '\[(Fact|Theory)' "tests/$name" --include='*.cs'; then
    printf '%-28s no test yet\n' "$name"
    return
  fi
  if [ -z "$summary" ]; then
    suite_failed=$((suite_failed + 1))
    printf '%-28s ended with code %s and no summary:\n' "$name" "$code"
    tail -n 30 "$file"
    return
  fi
  read -r total errors failed skipped <<<"$(sed -E 's/[^0-9]+/ /g' <<<"$summary")"
  failed=$((failed + errors))
  if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1 # every test passed and the process still failed, for example a crash at exit
    total=$((total + 1))
  fi
  suite_passed=$((suite_passed + total - failed - skipped))
  suite_failed=$((suite_failed + failed))
  suite_skipped=$((suite_skipped + skipped))
  printf '%-28s %4d passed, %d failed, %d skipped\n' "$name" "$((total - failed - skipped))" "$failed" "$skipped"
  if [ "$failed" -gt 0 ]; then
    grep -vE '^ *(\[SKIP\]|Discover|Starting|Finished)' "$file" | head -n 200
  fi
}

run_tests() {
  require_dotnet
  fetch_models
  build_native
  local stamp="$ARTIFACTS/.tested-$CONFIGURATION-$ACCELERATOR"
  if ! fresh "$stamp" src tests bench eng FaceCluster.sln; then
    say "building the solution ($CONFIGURATION; about two minutes the first time)"
    touch "$ARTIFACTS/.testing" # what is edited while this builds counts as newer
    quietly build-solution dotnet build FaceCluster.sln -c "$CONFIGURATION" -p:Accelerator="$ACCELERATOR" --nologo -v minimal -nodeReuse:false
    rm -f "$ARTIFACTS"/.tested-*
    mv "$ARTIFACTS/.testing" "$stamp"
  fi
  local project name wanted
  suite_passed=0 suite_failed=0 suite_skipped=0
  for project in tests/*.Tests/*.csproj; do
    name="$(basename "$(dirname "$project")")"
    if [ $# -gt 0 ]; then
      wanted=
      for part in "$@"; do case "${name,,}" in *"${part,,}"*) wanted=1 ;; esac; done
      [ -n "$wanted" ] || continue
    fi
    say "testing $name"
    run_suite "$name"
  done
  [ "$suite_skipped" -eq 0 ] || printf '%d skipped (their reasons are in artifacts/logs)\n' "$suite_skipped"
  printf '%d passed, %d failed\n' "$suite_passed" "$suite_failed" # the last line: continuous integration reads it
  [ "$suite_failed" -eq 0 ] && [ "$suite_passed" -gt 0 ]
}

format() {
  require_dotnet
  say "checking the layout of the code"
  dotnet format FaceCluster.sln --verify-no-changes
}

clean() {
  say "deleting artifacts/ and every bin/ and obj/"
  rm -rf "$ARTIFACTS"
  find src tests bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
}

command="${1:-help}"
[ $# -gt 0 ] && shift
case "$command" in
  demo) demo "$@" ;;
  test) run_tests "$@" ;;
  serve) serve "$@" ;;
  bench) bench "$@" ;;
  build) build ;;
  format) format ;;
  clean) clean ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    fail "there is no command '$command'."
    ;;
esac
