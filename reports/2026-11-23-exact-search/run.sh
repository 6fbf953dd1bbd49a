#!/bin/sh
# Times faiss-cpu and this search in turn and writes table.md beside this file.
# Needs a Python with faiss-cpu, numpy and pyarrow: PYTHON=.venv/bin/python reports/2026-11-23-exact-search/run.sh [RUNS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
data=${DATA:-$root/target/exact-search-data}
cd "$root"
cargo build --release --workspace --bins --benches
"${PYTHON:-python3}" "$here/make_data.py" "$data"
exec "${PYTHON:-python3}" "$here/run.py" "$root" "$data" "${1:-5}"
