#!/usr/bin/env bash
# Removes what was built. The data of the service stays where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf .build .local-model .webhook-interop
