#!/bin/sh
# Images a second of a ViT-S/16: bare engine, served to 32 callers, and image search over HTTP with 32 connections.
# Usage: measure.sh IMAGE_FOLDER [SECONDS [ROUNDS]]; needs ONNX Runtime (a Python environment on the PATH, or VIRTUAL_ENV).
set -eu
images=$1 seconds=${2:-30} rounds=${3:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo build --release -p sop-cli -p sop-server --bins --examples
target/release/sop export untrained --arch vit_small --patch-size 16 --seed 0 --out "$folder/vits16.onnx" --quiet
target/release/examples/image_speed "$folder/vits16.onnx" "folder:$images" 32 "$seconds" "$rounds"
