#!/bin/sh
# Builds, writes the data, measures this graph and its peers in turn, and writes measurements.jsonl and table.md beside this file.
#   PYTHON=.venv/bin/python reports/2026-11-30-graph/run.sh [ROUNDS] [DATA…]
# PYTHON needs hnswlib, usearch, faiss-cpu, numpy and pyarrow. DATA are normal, clustered, tight, cifar10 and cifar10-sop; the last two
# need $SOP_SHARED/data/cifar10, and the last one the encoder that ../2026-11-23-cifar10-sop trains, as ENCODER (encoders/cifar10/sop.onnx). About an hour for all of them on two cores.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=${FOLDER:-$root/target/graph-data}
python=${PYTHON:-python3}
rounds=${1:-3}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- normal clustered tight cifar10 cifar10-sop
cd "$root"
if [ -z "${BENCH:-}" ]; then
    cargo build --release -p sop-index --bench graph
    # Of several that earlier builds left the one that was just made.
    BENCH=$(cargo build --release -p sop-index --bench graph --message-format json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\/graph-[^"]*\)".*/\1/p' | tail -1)
fi
mkdir -p "$folder"
"$python" reports/2026-11-23-exact-search/make_data.py "$folder" --queries 4000
cifar=${SOP_SHARED:-../shared}/data/cifar10
for split in train test; do
    if [ -d "$cifar" ] && [ ! -e "$folder/cifar10-$split.parquet" ]; then
        target/release/sop embed -q --cache off --encoder pixels:16 --data "hf:$cifar/$split-*.parquet" \
            --out "$folder/cifar10-$split.parquet"
    fi
    if [ -d "$cifar" ] && [ ! -e "$folder/cifar10-sop-$split.parquet" ]; then
        target/release/sop embed -q --cache off --encoder "${ENCODER:-encoders/cifar10/sop.onnx}" --data "hf:$cifar/$split-*.parquet" \
            --out "$folder/cifar10-sop-$split.parquet"
    fi
done
exec "$python" "$here/run.py" "$BENCH" "$folder" "$rounds" "$@"
