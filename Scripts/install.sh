#!/usr/bin/env bash
# Installs what the system lacks for the purposes named: run, test, local-model, bench, fuzz.
set -euo pipefail

complain() { echo "$*" >&2; exit 1; }

command -v swift >/dev/null ||
    complain "Swift 6.2 or newer is needed, and there is no 'swift' on the PATH: see https://www.swift.org/install/linux/"
version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
read -r major minor <<<"${version:-0 0}"
if ((major < 6 || (major == 6 && minor < 2))); then
    complain "Swift 6.2 or newer is needed, and this one is $major.$minor: see https://www.swift.org/install/linux/"
fi

# Where there is no dpkg, the same libraries have other names: the build says what it misses.
command -v dpkg >/dev/null || exit 0

wanted=(libsqlite3-dev zlib1g-dev)
for purpose in "$@"; do
    case $purpose in
    run) ;;
    smoke) wanted+=(curl python3) ;;
    test) wanted+=(ffmpeg) ;;
    local-model) wanted+=(python3 python3-venv python3-pip) ;;
    bench) wanted+=(python3) ;;
    fuzz) wanted+=(python3 python3-venv python3-pip) ;;
    *) complain "install.sh: unknown purpose $purpose" ;;
    esac
done

missing=()
for package in "${wanted[@]}"; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
done
((${#missing[@]})) || exit 0

elevate=()
if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || complain "These packages are missing; install them as root: ${missing[*]}"
    elevate=(sudo)
fi
echo "Installing ${missing[*]}" >&2
install() {
    "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}
# The lists may be fresh already; if they aren't, they are fetched once.
install 2>/dev/null || { "${elevate[@]}" apt-get update -qq && install; } ||
    complain "apt-get could not install: ${missing[*]}"
