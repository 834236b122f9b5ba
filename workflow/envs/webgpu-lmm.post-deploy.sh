#!/usr/bin/env bash
# Conda has Node, npm the program; what a GPU would need is left out.
set -euo pipefail
npm install --global --omit=optional webgpu-lmm
