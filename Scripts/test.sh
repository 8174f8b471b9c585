#!/usr/bin/env bash
# Builds and runs all tests. Arguments go to `swift test`: Scripts/test.sh --filter JobQueueTests
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/swift-flags.sh
Scripts/install.sh run test
swift build --build-tests "${debug_flags[@]}"
export ATELIER_BINARY=${ATELIER_BINARY:-$PWD/.build/debug/atelier}
# Hundreds of tests at once on a few cores would wait for each other longer than anything may take.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}
swift test --skip-build "${debug_flags[@]}" "$@"
