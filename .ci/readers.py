"""Runs the lines by which the README reads results from DuckDB, polars and pandas, on committed results, and checks what they give;
then exports them for MLflow and for the Hugging Face Hub, whose own programs read them.

    .venv/bin/python .ci/readers.py
"""

import importlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "reports/2026-11-24-cifar10-baselines/results"
BEST = {"encoder": "ibot", "value": 0.4478}
SOP = ROOT / "target/release/sop"


MODULES = {name: importlib.import_module(name) for name in ["duckdb", "glob", "pandas", "polars"]}


def lines():
    """The lines of Python in the README's section on other programs that read results."""
    section = re.search(r"^## Results in other programs\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)
    return re.search(r"```python\n(.*?)```", section[1], re.S)[1].splitlines()


def export(*flags):
    """Runs `sop results export` on the results."""
    subprocess.run([SOP, "results", "export", "results", *flags], check=True)


def check_mlflow(table):
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    import mlflow

    export("--to", "mlflow", "--out", "mlruns")
    client = mlflow.MlflowClient(tracking_uri=Path("mlruns").absolute().as_uri())
    experiment = client.get_experiment_by_name("sop").experiment_id
    # The best first.
    runs = client.search_runs([experiment], order_by=["metrics.`knn/top1.k20` DESC"], max_results=1000)
    assert runs[0].data.params["encoder"] == BEST["encoder"], runs[0].data.params
    values = [value for run in runs for name, value in run.data.metrics.items() if not name.endswith((".ci_low", ".ci_high"))]
    wanted = table["value"].dropna()
    assert sorted(values) == sorted(wanted), f"{len(values)} values instead of {len(wanted)}"
    print(f"MLflow: {len(runs)} runs, {len(values)} values\n")


def check_hub():
    import yaml
    from huggingface_hub import parse_eval_result_entries

    task = "knn:cifar10=uoft-cs/cifar10:knn"
    export("--to", "hub", "--out", "hub", "--hub-dataset", task, "--source-url", "https://example.org/results")
    files = sorted(Path("hub").glob("*/.eval_results/*.yaml"))
    entries = {file.parts[1]: parse_eval_result_entries(yaml.safe_load(file.read_text())) for file in files}
    [best] = entries[BEST["encoder"]]
    assert (best.dataset_id, best.task_id) == ("uoft-cs/cifar10", "knn"), best
    assert abs(best.value - BEST["value"]) < 1e-9 and "k-NN Top-1 accuracy" in best.notes, best
    print(f"Hub: {len(entries)} encoders\n{best}\n")


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
        check_mlflow(MODULES["pandas"].concat(map(MODULES["pandas"].read_parquet, Path("results").glob("*-????????.parquet"))))
        check_hub()


main()
