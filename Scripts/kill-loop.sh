#!/usr/bin/env bash
# The kill test in its long form: KILLS is how often the server is killed while JOBS films are ordered and made.
set -euo pipefail
cd "$(dirname "$0")/.."
export ATELIER_KILLS=${KILLS:-20} ATELIER_KILL_JOBS=${JOBS:-300}
exec Scripts/test.sh --filter KillLoopTests
