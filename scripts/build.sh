#!/usr/bin/env bash
# Configures and builds: build.sh PRESET TARGET [CMAKE-OPTION...].
# Says on stderr which LibTorch it takes and how far it is; shows the compiler's
# output only if it fails. TSINSPECT_LIBTORCH=system takes the distribution's
# LibTorch, =auto (again) looks for others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1 target=$2
shift 2
folder=build
[ "$preset" = release ] || folder=build-$preset
if command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() {
  cat "$log" >&2
  echo "build: failed: $*" >&2
  exit 1
}

# The "[3/40]" or "[ 7%]" of each line: over each other on a terminal, else one
# now and then.
show_progress() {
  local line last=$SECONDS
  while IFS= read -r line; do
    [[ $line == \[*\]* ]] || continue
    if [ -t 2 ]; then
      printf '\rbuild: %s]' "${line%%]*}" >&2
    elif ((SECONDS - last >= 20)); then
      last=$SECONDS
      echo "build: ${line%%]*}]" >&2
    fi
  done
  [ ! -t 2 ] || printf '\r' >&2
}

echo "build: $target in $folder" >&2
options=("$@")
[ -z "${TSINSPECT_LIBTORCH:-}" ] || [ "$preset" = system ] ||
  options+=("-DTSINSPECT_LIBTORCH=$TSINSPECT_LIBTORCH")
cmake --preset "$preset" "${options[@]}" >"$log" 2>&1 </dev/null ||
  fail "configuring"
sed -n 's/^-- \(LibTorch .*\)/build: \1/p' "$log" >&2
touch "$folder/.started"
cmake --build "$folder" --target "$target" --parallel "$(nproc)" \
  2>&1 </dev/null | tee "$log" | show_progress || fail "building $target"
# What scripts/run.sh compares the sources with.
mv "$folder/.started" "$folder/.built-$target"
echo "build: done in $SECONDS s" >&2
