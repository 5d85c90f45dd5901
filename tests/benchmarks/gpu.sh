#!/usr/bin/env bash
# Everything that needs a real GPU, in one run of at most 8 minutes: install, compare with the CPU, measure, print a table.
#
#   tests/benchmarks/gpu.sh [--games 1000000] [--seconds 420]
#
# Installs the package with its `gpu` extra into .venv. Where nothing can be downloaded, PYTHON names an interpreter that
# has numpy, numba and numba-cuda with NVVM 13.0 already; then nothing is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ -z ${PYTHON:-} ]]; then
  [[ -x .venv/bin/python ]] || python3.11 -m venv .venv
  PYTHON=.venv/bin/python
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -e '.[gpu]'
fi
exec "$PYTHON" -u -m tests.benchmarks.gpu "$@"
