#!/usr/bin/env bash
# Sees to it that CMake finds a LibTorch: libtorch.sh PRESET [CMAKE-OPTION...].
# Where third_party/cmake/LocateTorch.cmake finds none, installs torch 2.13.0
# into .venv, or, with TSINSPECT_LIBTORCH=system, the distribution's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1
shift
if [ "${TSINSPECT_LIBTORCH:-}" = system ] || [ "$preset" = system ]; then
  exec scripts/setup.sh libtorch
fi
# Configures without building: the target "help" only lists the others.
status=0
said=$(scripts/build.sh "$preset" help "$@" 2>&1) || status=$?
echo "$said" | grep -v '^build: \(help\|done\)' >&2 || true
[ "$status" = 0 ] || exit "$status"
if grep -q '^build: LibTorch [0-9]' <<<"$said"; then exit; fi

echo "libtorch: installing torch 2.13.0 into .venv" >&2
scripts/setup.sh venv
[ -x .venv/bin/pip ] || python3 -m venv .venv
.venv/bin/pip install --quiet torch==2.13.0 numpy safetensors >&2 || {
  echo "libtorch: cannot install it (no network?)" >&2
  exit 1
}
