#!/usr/bin/env bash
# Measures: bench.sh [OPTION of bench.py...]. Google Benchmark for the parts,
# then whole processes side by side with Python's readers (scripts/bench.py).
# Makes a virtual environment in .venv for the latter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh bench
scripts/build.sh bench all
if [ -x build-bench/bin/tsinspect_bench ]; then
  build-bench/bin/tsinspect_bench
fi
if ! .venv/bin/python -c 'import torch, numpy, safetensors' 2>/dev/null; then
  echo "bench: installing torch, numpy and safetensors into .venv" >&2
  python3 -m venv .venv
  .venv/bin/pip install --quiet torch==2.13.0 numpy safetensors >&2 || {
    echo "bench: cannot install them (no network?)" >&2
    exit 1
  }
fi
exec .venv/bin/python scripts/bench.py --bin build-bench/bin "$@"
