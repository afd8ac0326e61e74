#!/usr/bin/env bash
# Write the universal hash locks; they carry no index addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="$(command -v uv || echo .uv/bin/uv)"
lock() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate "$@"; }
lock --all-extras pyproject.toml -o requirements/all.txt
echo uv | lock - -o requirements/uv.txt
