#!/usr/bin/env bash
# Measures the release build: see Benchmarks/quick.py. ATELIER_BENCH_RUNS is how often each number is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install.sh run bench
Scripts/build.sh
swift build -c release --product QueueBench
exec python3 Benchmarks/quick.py
