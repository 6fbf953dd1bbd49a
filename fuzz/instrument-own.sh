#!/usr/bin/env bash
# Runs the compiler for `cargo fuzz` (as RUSTC_WRAPPER): only the suite's crates and the parsers of requests are instrumented and fully
# optimized. The others take a fraction of the time to compile, and the fuzzer looks where it should.
set -euo pipefail

own=no
level=1
previous=
for argument in "$@"; do
  if [ "$previous" = --crate-name ]; then
    case "$argument" in
      sop_* | serde_json | multer | base64 | server_request | filter | collection_* | snapshot | graph_bytes | checkpoint | cifar) own=yes ;;
      embedding_parquet | ground_truth | image | image_parquet | mnist | onnx | tar) own=yes ;;
      arrow* | parquet | gemm* | hnsw_rs | anndists | chrono | regex_automata | utoipa*) level=0 ;;
    esac
  fi
  previous="$argument"
done
if [ "$own" = yes ]; then
  exec "$@"
fi
kept=()
for argument in "$@"; do
  case "$argument" in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-* | -Ccodegen-units=1) ;;
    opt-level=3) kept+=("opt-level=$level") ;;
    *) kept+=("$argument") ;;
  esac
done
exec "${kept[@]}"
