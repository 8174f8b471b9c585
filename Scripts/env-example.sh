#!/usr/bin/env bash
# Writes .env.example anew from the settings that the code declares.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/build.sh
example=$(.build/release/atelier config --example)
printf '%s\n' "$example" >.env.example
