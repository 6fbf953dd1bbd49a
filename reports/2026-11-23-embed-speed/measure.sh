#!/bin/sh
# `sop embed` against ONNX Runtime alone, in turn: sh measure.sh IMAGE_FOLDER [ROUNDS]
# Needs a release build of sop, and a Python with onnxruntime and numpy first in PATH (its library serves both).
set -eu
folder=$1
rounds=${2:-3}
sop=$(cd "$(dirname "$0")/../.." && pwd)/target/release/sop
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
VIRTUAL_ENV=$(python -c 'import sys; print(sys.prefix)')
export VIRTUAL_ENV
"$sop" -q export untrained --arch vit_small --patch-size 16 --out "$work/vit_small.onnx"
# The folder four times over: 600 images of 150.
for copy in 1 2 3 4; do mkdir "$work/images-$copy" && cp -r "$folder"/*/ "$work/images-$copy/"; done
mkdir "$work/images"
for copy in 1 2 3 4; do
    for class in "$work/images-$copy"/*/; do mv "$class" "$work/images/$copy-$(basename "$class")"; done
done
images=$(find "$work/images" -type f | wc -l)
echo "round  sop embed (images/s)  ONNX Runtime alone (images/s)  ratio  $images images"
for round in $(seq "$rounds"); do
    start=$(date +%s.%N)
    "$sop" -q embed --encoder "$work/vit_small.onnx" --data "folder:$work/images" --out "$work/$round.parquet" >/dev/null
    end=$(date +%s.%N)
    bare=$(python "$here/bare_runtime.py" "$work/vit_small.onnx" "$images")
    awk -v r="$round" -v n="$images" -v s="$start" -v e="$end" -v b="$bare" \
        'BEGIN { i = n / (e - s); printf "%5d  %20.2f  %29.2f  %5.3f\n", r, i, b, i / b }'
done
