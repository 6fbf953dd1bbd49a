#!/usr/bin/env bash
# Alternates both programs over the same files and writes results.tsv and table.md beside this script:
#
#     PYTHON=/path/to/python reports/2026-11-23-image-preparation/run.sh FOLDER [ROUNDS [REPETITIONS]]
#
# The Python needs pillow, torch and torchvision. Run it on a quiet machine, from the repository's root.
set -euo pipefail
folder=$(realpath "$1")
rounds=${2:-5}
repetitions=${3:-5}
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-python3}
cd "$here/../.."

cargo build --release --workspace --bench image_preparation
bench=$(cargo build --release --workspace --bench image_preparation --message-format json 2>/dev/null |
  sed -n 's/.*"kind":\["bench"\],.*"name":"image_preparation".*"executable":"\([^"]*\)".*/\1/p' | tail -1)

printf 'round\tprogram\tstage\tmilliseconds\n' >"$here/results.tsv"
for round in $(seq "$rounds"); do
  for program in sop pillow; do
    if [ "$program" = sop ]; then
      output=$("$bench" "$folder" "$repetitions")
    else
      output=$("$python" "$here/pillow_torchvision.py" "$folder" "$repetitions")
    fi
    grep '^#' <<<"$output"
    grep -v '^#' <<<"$output" | sed "s/^/$round\t$program\t/" >>"$here/results.tsv"
  done
done
"$python" "$here/table.py" "$here/results.tsv" | tee "$here/table.md"
