"""Scores masks and rankings that `sop eval` wrote, from the definitions alone, and compares with its result rows.

    sop report RUN.parquet --table long --format csv --out rows.csv
    python rescore.py rows.csv masks RUN.masks DAVIS_ROOT
    python rescore.py rows.csv ranking RUN.ranking.npy GND.json

Needs numpy and Pillow. Shares no code with the program, nor with the reference implementations.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image


def labels(path):
    """Palette indices of a mask; void counts as background."""
    mask = np.array(Image.open(path))
    assert mask.ndim == 2, path
    return np.where(mask == 255, 0, mask)


def boundary(mask):
    """Pixels that differ from the next one to the right, below or diagonally below."""
    edge = np.zeros_like(mask)
    edge[:-1, :-1] = (mask[:-1, :-1] != mask[:-1, 1:]) | (mask[:-1, :-1] != mask[1:, :-1]) | (mask[:-1, :-1] != mask[1:, 1:])
    edge[-1, :-1] = mask[-1, :-1] != mask[-1, 1:]
    edge[:-1, -1] = mask[:-1, -1] != mask[1:, -1]
    return edge


def widened(edge, radius):
    """Every pixel within the radius of an edge pixel."""
    height, width = edge.shape
    rows, columns = np.nonzero(edge)
    wide = np.zeros_like(edge)
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down * down + right * right <= radius * radius:
                y, x = rows + down, columns + right
                inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
                wide[y[inside], x[inside]] = True
    return wide


def region_similarity(truth, found):
    union = (truth | found).sum()
    return 1.0 if union == 0 else (truth & found).sum() / union


def boundary_accuracy(truth, found):
    radius = int(np.ceil(0.008 * np.hypot(*truth.shape)))
    truth, found = boundary(truth), boundary(found)
    if not truth.any() and not found.any():
        return 1.0
    if not truth.any() or not found.any():
        return 0.0
    precision = (found & widened(truth, radius)).sum() / found.sum()
    recall = (truth & widened(found, radius)).sum() / truth.sum()
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def score_masks(results, root):
    """Mean J and F over the objects of all videos."""
    scores = []
    for folder in sorted(path for path in Path(results).iterdir() if path.is_dir()):
        truth = sorted((Path(root) / "Annotations" / "480p" / folder.name).glob("*.png"))
        found = [folder / path.name for path in truth]
        pairs = [(labels(a), labels(b)) for a, b in zip(truth, found)]
        for number in range(1, int(pairs[0][0].max()) + 1):
            # The first and the last frame do not count.
            inner = [(a == number, b == number) for a, b in pairs[1:-1]]
            scores.append(
                (np.mean([region_similarity(a, b) for a, b in inner]), np.mean([boundary_accuracy(a, b) for a, b in inner]))
            )
    j, f = np.mean(scores, axis=0)
    return {"j_mean": j, "f_mean": f, "j_and_f_mean": (j + f) / 2}


def average_precision(places):
    """Trapezoids under precision over recall; `places` are the zero-based places of the positives, junk taken out."""
    area = 0.0
    for count, place in enumerate(places):
        before = 1.0 if place == 0 else count / place
        area += (before + (count + 1) / (place + 1)) / 2 / len(places)
    return area


def score_ranking(path, truth):
    """mAP and mP@k of each difficulty; a column of the file is a query."""
    ranking = np.load(path)
    truth = json.loads(Path(truth).read_text())
    values = {}
    for difficulty, good, ignored in [
        ("easy", ["easy"], ["junk", "hard"]),
        ("medium", ["easy", "hard"], ["junk"]),
        ("hard", ["hard"], ["junk", "easy"]),
    ]:
        precisions, at = [], {1: [], 5: [], 10: []}
        for query, entry in enumerate(truth["gnd"]):
            right = {image for name in good for image in entry[name]}
            skipped = {image for name in ignored for image in entry[name]}
            if not right:
                continue
            counted = [image for image in ranking[:, query].tolist() if image not in skipped]
            places = [place for place, image in enumerate(counted) if image in right]
            precisions.append(average_precision(places))
            for k, list_at in at.items():
                first = min(k, places[-1] + 1)
                list_at.append(sum(place < first for place in places) / first)
        values["map", difficulty] = np.mean(precisions)
        for k, list_at in at.items():
            values[f"mp@{k}", difficulty] = np.mean(list_at)
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", help="rows of one run as CSV")
    parser.add_argument("kind", choices=["masks", "ranking"])
    parser.add_argument("written", help="RUN.masks or RUN.ranking.npy")
    parser.add_argument("truth", help="root of the videos, or ground truth as JSON")
    arguments = parser.parse_args()
    with open(arguments.rows, newline="") as file:
        rows = list(csv.DictReader(file))

    def ours(metric, difficulty):
        def fits(row):
            params = dict(part.split("=", 1) for part in row["params"].split(", ") if "=" in part)
            return row["metric"] == metric and params.get("difficulty") == difficulty and "sequence" not in params

        (found,) = [float(row["value"]) for row in rows if fits(row)]
        return found

    if arguments.kind == "masks":
        values = {(metric, None): value for metric, value in score_masks(arguments.written, arguments.truth).items()}
    else:
        values = score_ranking(arguments.written, arguments.truth)
    worst = 0.0
    for (metric, difficulty), value in values.items():
        row = ours(metric, difficulty)
        worst = max(worst, abs(value - row))
        print(f"{metric:<13} {difficulty or '':<7} rescored {value:.9f}  row {row:.9f}")
    print(f"largest difference {worst:.1e}")
    assert worst < 1e-9


main()
