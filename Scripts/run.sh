#!/usr/bin/env bash
# From a fresh clone to a service that answers, on ./data. A second start has nothing left to do and serves at once.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/build.sh
exec .build/release/atelier serve
