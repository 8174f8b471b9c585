#!/usr/bin/env bash
# Builds the program for release.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install.sh run
swift build -c release --product atelier
