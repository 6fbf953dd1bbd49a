"""Steps of this program and of PyTorch in turns, so that whatever else the machine does slows down both; writes a JSON with the seconds.

    python beside.py OUT.json [ROUNDS] [BATCH] [PART]

Runs `cargo bench -p sop-pretrain --bench step_time` once to build it, and `torch_step.py` with the Python that runs this.
"""

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def built():
    said = subprocess.run(["cargo", "bench", "-p", "sop-pretrain", "--bench", "step_time", "--no-run"], cwd=ROOT, check=True, capture_output=True, text=True).stderr
    return ROOT / re.search(r"\((target/\S+)\)", said)[1]


def measured(command):
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    seconds = [float(line.split()[0]) for line in lines if " s, loss " in line]
    memory = int(re.search(r"peak memory\s+(\d+)", "\n".join(lines))[1])
    return seconds, memory


def main():
    out, rounds, batch, part = Path(sys.argv[1]), *(int(text) for text in [*sys.argv[2:], *["3", "8", "8"][len(sys.argv) - 2 :]])
    commands = {
        "sop": [str(built()), "vit_small", str(batch), str(part), "2"],
        "torch": [sys.executable, str(HERE / "torch_step.py"), str(batch), "2"],
    }
    seconds = {name: [] for name in commands}
    memory = dict.fromkeys(commands, 0)
    for _ in range(rounds):
        for name, command in commands.items():
            found, peak = measured(command)
            seconds[name] += found
            memory[name] = max(memory[name], peak)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    found = {"batch": batch, "part": part, "seconds": seconds, "median": medians, "sop_over_torch": medians["sop"] / medians["torch"], "peak_kb": memory}
    out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
