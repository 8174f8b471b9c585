#!/usr/bin/env bash
# Starts the release binary on a free port with an empty data folder, waits until it is ready, runs the curl lines that
# it prints, follows the film to its end, and stops it.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install.sh run smoke
[[ -x .build/release/atelier ]] || Scripts/build.sh
exec python3 Scripts/smoke.py
