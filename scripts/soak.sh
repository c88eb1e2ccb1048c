#!/usr/bin/env bash
# The long rounds, which continuous integration samples: soak.sh [SECONDS].
# All unit tests with TSINSPECT_SOAK=1 (every cut, every flipped byte), plain
# and under sanitizers; the tests *Soak* of the LibTorch half, with
# TSINSPECT_SOAK_ROUNDS (50) times their usual rounds; then each fuzz target for
# SECONDS (1200 if not given, 0 for none). What a fuzzer finds lies in
# build-fuzz/found/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-1200}
export TSINSPECT_SOAK=1 UBSAN_OPTIONS=print_stacktrace=1
export TSINSPECT_SOAK_ROUNDS=${TSINSPECT_SOAK_ROUNDS:-50}
scripts/setup.sh test
scripts/libtorch.sh release -DTSINSPECT_TESTS=ON
failed=0
for preset in release asan; do
  folder=build
  [ "$preset" = release ] || folder=build-$preset
  scripts/build.sh "$preset" all -DTSINSPECT_TESTS=ON
  echo "soak: unit tests in $folder" >&2
  (cd tests && "../$folder/bin/unit_tests" --gtest_brief=1) || failed=1
done
echo "soak: LibTorch half, $TSINSPECT_SOAK_ROUNDS times the rounds" >&2
(cd tests && ../build/bin/libtorch_tests --gtest_brief=1 \
  --gtest_filter='*Soak*') || failed=1

[ "$seconds" -gt 0 ] || exit "$failed"
command -v clang++ >/dev/null || {
  echo "soak: fuzzing needs clang; please install it" >&2
  exit 1
}
scripts/build.sh fuzz fuzz_targets
python3 scripts/fuzz_seeds.py build-fuzz/seeds
for target in build-fuzz/bin/*_fuzz; do
  name=$(basename "$target")
  echo "soak: $name for $seconds s" >&2
  folders=("build-fuzz/found/$name")  # The first one is written to.
  mkdir -p "${folders[0]}"
  for folder in "tests/fuzz/corpus/$name" "build-fuzz/seeds/$name"; do
    [ ! -d "$folder" ] || folders+=("$folder")
  done
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="${folders[0]}/crash-" "${folders[@]}" 2>&1 |
    tail -n 12 || failed=1
done
exit "$failed"
