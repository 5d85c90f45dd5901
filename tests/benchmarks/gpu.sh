#!/usr/bin/env bash
# Everything that needs a real GPU, in one run of at most 8 minutes: install, compile, compare with the CPU, measure,
# print a table.
#
#   tests/benchmarks/gpu.sh [--games 1000000] [--seconds 420]
#
# Installs the package with its `gpu` extra into .venv. Where nothing can be downloaded, PYTHON names an interpreter that
# has what is needed already (numpy, numba, numba-cuda with NVVM 13.0; torch for CUDA 13, or search and training are left
# out); then nothing is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ -z ${PYTHON:-} ]]; then
  [[ -x .venv/bin/python ]] || python3.11 -m venv .venv
  PYTHON=.venv/bin/python
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -e '.[gpu]'
fi
# A cache of its own: what compiling costs is part of what is measured.
RINGRIFT_CACHE_DIR=$(mktemp -d)
export RINGRIFT_CACHE_DIR
trap 'rm -rf "$RINGRIFT_CACHE_DIR"' EXIT
"$PYTHON" -u -m tests.benchmarks.gpu "$@"
