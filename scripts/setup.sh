#!/usr/bin/env bash
# Installs the Debian packages that are missing:
# setup.sh run|test|bench|venv|libtorch.
# Says what it does on stderr; does nothing, at once, where nothing is missing.
set -euo pipefail

say() { echo "setup: $*" >&2; }
fail() { say "$@"; exit 1; }

# Package, and the command, header or Python module (python3:NAME) that shows it
# is there.
run_packages='
g++                 c++
make                make|ninja
cmake               cmake
libfmt-dev          fmt/format.h
zlib1g-dev          zlib.h
libsimdjson-dev     simdjson.h
nettle-dev          nettle/sha2.h
libxxhash-dev       xxhash.h
libhwy-dev          hwy/highway.h
libprotozero-dev    protozero/pbf_reader.hpp
libsnappy-dev       snappy.h
libisal-dev         isa-l/crc.h
libtbb-dev          tbb/parallel_for.h
libcli11-dev        CLI/CLI.hpp
nlohmann-json3-dev  nlohmann/json.hpp'
test_packages='
ccache              ccache
python3             python3
clang-format        clang-format
pkg-config          pkg-config
graphviz            dot
libgtest-dev        gtest/gtest.h
libgmock-dev        gmock/gmock.h'
venv_packages='
python3             python3
python3-venv        python3:ensurepip'
libtorch_packages='
libtorch-dev        torch/script.h'
bench_packages='
gcc                 cc
libbenchmark-dev    benchmark/benchmark.h'

is_there() {
  local name
  for name in ${1//|/ }; do
    case $name in
      *.h | *.hpp) [ -e "/usr/include/$name" ] ||
        [ -e "/usr/local/include/$name" ] || continue ;;
      python3:*) python3 -c "import ${name#*:}" 2>/dev/null || continue ;;
      *) command -v "$name" >/dev/null || continue ;;
    esac
    return 0
  done
  return 1
}

missing() {
  local package sign
  while read -r package sign; do
    [ -z "$package" ] || is_there "$sign" || echo "$package"
  done
}

case ${1:-run} in
  run) wanted=$run_packages ;;
  test) wanted=$run_packages$test_packages ;;
  bench) wanted=$run_packages$venv_packages$bench_packages ;;
  venv) wanted=$venv_packages ;;
  libtorch) wanted=$libtorch_packages ;;
  *) fail "unknown set of packages '$1': run, test, bench, venv or libtorch" ;;
esac
mapfile -t packages < <(missing <<<"$wanted")
[ ${#packages[@]} -gt 0 ] || exit 0

as_root=()
if ! command -v apt-get >/dev/null; then
  fail "missing: ${packages[*]} (Debian's names); there is no apt-get here," \
    "so please install them by hand"
elif [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    fail "missing: ${packages[*]}; please run, as root:" \
      "apt-get install ${packages[*]}"
  fi
  as_root=(sudo -n)
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    "$@" </dev/null >&2
}
say "installing ${packages[*]}"
apt update || fail "cannot fetch the lists of packages (no network?)"
apt install -y --no-install-recommends "${packages[@]}" ||
  fail "cannot install ${packages[*]} (no network?)"
