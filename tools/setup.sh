#!/usr/bin/env bash
# Build .venv from the hash lock with uv. Says the apt line for whatever the machine lacks.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"

missing() { printf 'tradegrade: %s\n  mend: apt-get install -y %s\n' "$1" "$2" >&2; exit 5; }

command -v "$python" >/dev/null || missing "no $python on the PATH" "python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || missing "Python 3.11 or newer is needed, $("$python" -V 2>&1) was found" "python3 python3-venv"
command -v git >/dev/null || missing "git is missing" "git"
"$python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null \
  || missing "LightGBM needs the system library libgomp.so.1" "libgomp1"

uv="$(command -v uv || true)"
if [ -z "$uv" ]; then
  uv=.uv/bin/uv
  if [ ! -x "$uv" ]; then
    rm -rf .uv
    if "$python" -m venv .uv >/dev/null 2>&1 && [ -x .uv/bin/pip ]; then
      .uv/bin/python -m pip install -q --require-hashes -r requirements/uv.txt
    elif rm -rf .uv && "$python" -m venv --without-pip .uv 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
      "$python" -m pip --python .uv/bin/python install -q --require-hashes -r requirements/uv.txt
    else
      rm -rf .uv
      missing "Python can make no virtual environment with pip" "python3-venv python3-pip"
    fi
  fi
fi

"$uv" venv -q --allow-existing --python "$python" .venv
"$uv" pip sync -q --python .venv/bin/python --require-hashes requirements/all.txt
"$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation --editable .
.venv/bin/tradegrade doctor >/dev/null || .venv/bin/tradegrade doctor
