"""Seconds that each crate takes in a cold build, from the page that `cargo build --timings` writes.

    rm -rf target && cargo build --release --bin sop --timings
    python3 reports/2026-11-30-build-time/seconds.py target/cargo-timings/cargo-timing.html > seconds.csv

A crate's seconds are those of its build script and of its compilation by the clock, beside one other crate on two cores.
"""

import collections
import json
import re
import sys

page = open(sys.argv[1], encoding="utf-8").read()
units = json.loads(re.search(r"const UNIT_DATA = (\[.*?\]);", page, re.S).group(1))
seconds = collections.Counter()
for unit in units:
    seconds[unit["name"]] += unit["duration"]
print("crate,seconds")
for crate, spent in sorted(seconds.items(), key=lambda item: (-item[1], item[0])):
    print(f"{crate},{spent:.1f}")
