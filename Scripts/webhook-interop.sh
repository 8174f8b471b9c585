#!/usr/bin/env bash
# Verifies our webhooks with the public Python package `standardwebhooks`.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install.sh run local-model
python=$PWD/.webhook-interop/bin/python
if ! "$python" -c 'import standardwebhooks' 2>/dev/null; then
    rm -rf .webhook-interop
    python3 -m venv .webhook-interop
    "$python" -m pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
fi
[[ -x .build/release/atelier ]] || Scripts/build.sh
exec "$python" Scripts/webhook-interop.py
