"""The table of results.tsv: median over the rounds, range, and the ratio of both programs in each round."""

import csv
import statistics
import sys

with open(sys.argv[1]) as file:
    rows = list(csv.DictReader(file, delimiter="\t"))
hashes = {(row["program"], row["milliseconds"]) for row in rows if row["stage"].startswith("sha256")}
times = {}
for row in rows:
    if not row["stage"].startswith("sha256"):
        times.setdefault((row["program"], row["stage"]), []).append(float(row["milliseconds"]))

print("| program | stage | ms an image, median of rounds (range) | images/s and thread |")
print("|---|---|---|---|")
for (program, stage), values in times.items():
    middle = statistics.median(values)
    print(f"| {program} | {stage} | {middle:.3f} ({min(values):.3f} to {max(values):.3f}) | {1000 / middle:.0f} |")
ratios = [slow / fast for slow, fast in zip(times["pillow", "whole"], times["sop", "whole"])]
print()
print(f"Whole, Pillow + torchvision over sop, round by round: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}.")
print(f"All tensors identical in both programs: {'yes' if len({value for _, value in hashes}) == 1 else 'NO'}.")
