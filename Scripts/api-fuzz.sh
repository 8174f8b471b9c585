#!/usr/bin/env bash
# Calls every operation of the served document with made-up requests, good and bad, by the public package schemathesis:
# no 5xx, and every answer is as the document says. EXAMPLES=25 requests an operation at most; a minute or two.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install.sh run fuzz
python=$PWD/.api-fuzz/bin/python
if ! "$python" -c 'import schemathesis' 2>/dev/null; then
    rm -rf .api-fuzz
    python3 -m venv .api-fuzz
    "$python" -m pip install --quiet --disable-pip-version-check schemathesis==4.32.5
fi
[[ -x .build/release/atelier ]] || Scripts/build.sh
exec "$python" Scripts/api-fuzz.py
