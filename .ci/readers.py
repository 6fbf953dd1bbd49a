"""Runs the lines by which the README reads results from DuckDB, polars and pandas, on committed results, and checks what they give.

    .venv/bin/python .ci/readers.py
"""

import importlib
import os
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "reports/2026-11-24-cifar10-baselines/results"
BEST = {"encoder": "ibot", "value": 0.4478}


MODULES = {name: importlib.import_module(name) for name in ["duckdb", "glob", "pandas", "polars"]}


def lines():
    """The lines of Python in the README's section on other programs that read results."""
    section = re.search(r"^## Results in other programs\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)
    return re.search(r"```python\n(.*?)```", section[1], re.S)[1].splitlines()


def main():
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("results").symlink_to(RESULTS)
        for line in lines():
            given = eval(compile(line, "README.md", "eval"), MODULES)
            table = given.df() if hasattr(given, "df") else given.to_pandas() if hasattr(given, "to_pandas") else given
            best = table.iloc[0]
            assert best["encoder"] == BEST["encoder"] and abs(best["value"] - BEST["value"]) < 1e-9, (line, table)
            print(f"{line}\n{table.head(3)}\n")
            found += 1
    assert found == 3, "the README has a line for each of three programs"


main()
