#!/usr/bin/env bash
# The kill test in its long form: KILLS is how often the server is killed.
set -euo pipefail
cd "$(dirname "$0")/.."
export ATELIER_TEST_KILLS=${KILLS:-20}
exec Scripts/test.sh --filter KillTests
