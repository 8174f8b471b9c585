#!/usr/bin/env bash
# Formats all Swift sources in place.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format format --in-place --parallel --recursive Sources Tests Benchmarks Package.swift
