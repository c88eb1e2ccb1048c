#!/usr/bin/env bash
# Runs tsinspect, from this folder's own sources: run.sh params model.pt.
# Sets up and builds first where that is needed, and says so on stderr.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

is_built() {
  [ -x "$root/build/bin/tsinspect" ] || return 1
  [ -e "$root/build/.built" ] || return 1
  [ -z "$(cd "$root" && find CMakeLists.txt CMakePresets.json cli lib \
    third_party -newer build/.built -print -quit)" ]
}

if ! is_built; then
  "$root/scripts/setup.sh" run
  options=()
  # A tree that was configured before keeps its options.
  [ -e "$root/build/CMakeCache.txt" ] || options=(-DTSINSPECT_TESTS=OFF)
  "$root/scripts/build.sh" release tsinspect_cli "${options[@]}"
fi
exec "$root/build/bin/tsinspect" "$@"
