#!/usr/bin/env bash
# Runs fuzz targets without Burn one after the other, each for so many seconds, and says how far each came:
#   fuzz/run.sh SECONDS TARGET...
# It starts from seeds and from what earlier runs found (fuzz/corpus). A finding ends its target; the input is in fuzz/artifacts/TARGET.
# cargo-fuzz is installed where it is missing; a nightly compiler must be there (`rustup toolchain install nightly`).
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="$1"
shift
# Instrumented code must not take the place of other builds; what is not the suite's is not instrumented.
export CARGO_TARGET_DIR="${SOP_FUZZ_TARGET_DIR:-$PWD/fuzz/target}"
tools="$CARGO_TARGET_DIR/tools"
logs="$CARGO_TARGET_DIR/logs"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
mkdir -p "$logs"
export PATH="$tools/bin:$PATH" RUSTC_WRAPPER="$PWD/fuzz/instrument-own.sh"
if ! command -v cargo-fuzz >/dev/null; then
  RUSTC_WRAPPER="" CARGO_TARGET_DIR="$tools/build" cargo +nightly install --quiet --locked --root "$tools" cargo-fuzz
fi
if [ ! -d fuzz/corpus/server_request ]; then
  python="$tools/python/bin/python"
  [ -x "$python" ] || python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check numpy pyarrow
  "$python" fuzz/make_server_seeds.py
fi
cd fuzz
for target in "$@"; do
  # Nearly all code is safe Rust, in which debug assertions find more than the address sanitizer, at a fraction of its time.
  cargo +nightly fuzz build --sanitizer none --no-default-features "$target" >"$logs/build.log" 2>&1 || { tail -50 "$logs/build.log"; exit 1; }
done

# Scratch files of the targets, which the fuzzer ends without a chance to remove them.
trap 'rm -rf /dev/shm/sop-fuzz-* "${TMPDIR:-/tmp}"/sop-fuzz-*' EXIT

failed=0
printf '%-20s %12s %8s %8s %9s\n' target runs seconds edges findings
for target in "$@"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  options=(-max_total_time="$seconds" -timeout=30 -rss_limit_mb=6144 -print_final_stats=1 -artifact_prefix="artifacts/$target/")
  case "$target" in
    server_request | filter | collection_json | snapshot) options+=(-dict=dictionaries/json.dict) ;;
  esac
  began=$SECONDS
  before=$(find "artifacts/$target" -type f | wc -l)
  "$CARGO_TARGET_DIR/$host/release/$target" "corpus/$target" "${options[@]}" >"$logs/$target.log" 2>&1 || failed=1
  findings=$(($(find "artifacts/$target" -type f | wc -l) - before))
  # The last line of progress: "#123 DONE cov: 45 ft: 67 …".
  runs=$(grep -oE '^stat::number_of_executed_units: +[0-9]+' "$logs/$target.log" | grep -oE '[0-9]+$' || grep -oE '^#[0-9]+' "$logs/$target.log" | tail -1 | tr -d '#')
  edges=$(grep -oE 'cov: [0-9]+' "$logs/$target.log" | tail -1 | cut -d' ' -f2)
  printf '%-20s %12s %8s %8s %9s\n' "$target" "${runs:-0}" "$((SECONDS - began))" "${edges:-0}" "$findings"
done
exit "$failed"
