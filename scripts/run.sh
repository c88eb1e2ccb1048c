#!/usr/bin/env bash
# Runs tsinspect, from this folder's own sources: run.sh params model.pt.
# Sets up and builds first where that is needed, and says so on stderr. What
# needs LibTorch is built only for a command that does; TSINSPECT_LIBTORCH=system
# takes the distribution's.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cli=$root/build/bin/tsinspect

is_built() {  # Is this target newer than the sources?
  [ -e "$root/build/.built-$1" ] || return 1
  [ -z "$(cd "$root" && find CMakeLists.txt CMakePresets.json cli lib \
    third_party -newer "build/.built-$1" -print -quit)" ]
}
build() {  # build TARGET CMAKE-OPTION...
  "$root/scripts/setup.sh" run
  # A tree that was configured before keeps its options.
  [ -e "$root/build/CMakeCache.txt" ] || set -- "$@" -DTSINSPECT_TESTS=OFF
  "$root/scripts/build.sh" release "$@"
}

# Only a command that goes to work needs LibTorch, not its help.
needs_libtorch() {
  local word
  for word in "$@"; do
    case $word in --help | -h) return 1 ;; esac
  done
  [ $# -gt 0 ] || return 1
  local help
  help=$("$cli" "$1" --help 2>/dev/null) || return 1
  case $help in
    *$'\n'"Needs LibTorch"*) ;;
    *$'\n'"For TorchScript needs LibTorch"*)
      for word in "$@"; do
        case $word in *.onnx | *.pb) return 1 ;; esac
        [ ! -e "$word/saved_model.pb" ] || return 1
      done ;;
    *) return 1 ;;
  esac
}
is_chosen() {  # Is the LibTorch of TSINSPECT_LIBTORCH what was built with?
  [ -z "${TSINSPECT_LIBTORCH:-}" ] ||
    grep -q "^TSINSPECT_LIBTORCH:STRING=$TSINSPECT_LIBTORCH\$" \
      "$root/build/CMakeCache.txt"
}

[ -x "$cli" ] && is_built tsinspect_cli || build tsinspect_cli
if needs_libtorch "$@" &&
  ! { is_built tsinspect_libtorch_cli && is_chosen; }; then
  "$root/scripts/libtorch.sh" release -DTSINSPECT_WITH_LIBTORCH=ON
  build tsinspect_libtorch_cli
fi
exec "$cli" "$@"
