#!/usr/bin/env bash
# Checks the format of all Swift sources.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format lint --strict --parallel --recursive Sources Tests Benchmarks Package.swift
