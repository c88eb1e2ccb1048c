#!/usr/bin/env bash
# Runs every check and every test, as continuous integration does: format,
# layers, a release build with its tests, the commands of the README, a sanitizer
# build of what needs no LibTorch with its tests, and a build with the
# distribution's LibTorch with the tests of that half. Stops at the first step
# that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
  echo "test: $1" >&2
  shift
  "$@" </dev/null
}
check_format() {
  find cli lib tests -name '*.h' -print0 -o -name '*.cpp' -print0 |
    xargs -0 clang-format --dry-run -Werror
}
run_tests() {  # run_tests FOLDER [CTEST-OPTION...]
  ctest --test-dir "$1" --parallel "$(nproc)" --output-on-failure \
    --no-tests=error "${@:2}"
}

export UBSAN_OPTIONS=print_stacktrace=1
options=(-DTSINSPECT_TESTS=ON -DTSINSPECT_WERROR=ON)
scripts/setup.sh test
step "format" check_format
step "layers" scripts/check_layers.py
step "LibTorch" scripts/libtorch.sh release "${options[@]}"
step "release build" scripts/build.sh release all "${options[@]}"
step "tests" run_tests build
step "README" scripts/check_readme.py --tsinspect build/bin/tsinspect README.md
step "sanitizer build" scripts/build.sh asan all "${options[@]}"
step "tests under sanitizers" run_tests build-asan
step "LibTorch of the system" scripts/libtorch.sh system
for target in tsinspect_cli tsinspect_libtorch_cli libtorch_tests hook_edits; do
  step "build with it" scripts/build.sh system "$target" "${options[@]}"
done
step "tests with it" run_tests build-system -R '^libtorch\.'
echo "test: all passed" >&2
