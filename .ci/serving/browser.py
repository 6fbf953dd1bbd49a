"""The web page in Chromium: two encoders' collections of the generated benchmark, their map, and a server that asks for a key.

    PYTHON_WITH_PLAYWRIGHT .ci/serving/browser.py FOLDER_FOR_PICTURES
"""

import math
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from serving import ROOT, Server, ask, sop

SCRIPT = ROOT / "crates" / "sop-server" / "tests" / "browser" / "page.py"
KEY = "a-key-of-the-test"


def main():
    pictures = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = folder / "data" / "train"
        sop("data", "generate", "--out", folder / "data", "--train", 600, "--test", 10)
        for side in (16, 4):
            embeddings = folder / f"pixels-{side}.parquet"
            sop("embed", "--encoder", f"pixels:{side}", "--data", f"folder:{images}", "--out", embeddings)
            graph = "own" if side == 16 else "exact"
            indexes = ["index", "keyed"] if side == 16 else ["index"]
            for index in indexes:
                sop("index", "build", "--embeddings", embeddings, "--out", folder / index, "--collection", f"pixels-{side}", "--data", f"folder:{images}", "--graph", graph)
        sop("eval", "tsne", "--points", folder / "pixels-16.parquet", "--out", folder / "tsne")
        (tsne,) = (folder / "tsne").glob("*.map.parquet")
        key_file = folder / "key"
        key_file.write_text(KEY + "\n")
        flags = ["--encoder", "pixels:16", "--encoder", "pixels:4"]
        maps = ["--map", f"pixels-16={tsne}"]
        with Server(folder / "index", *flags, *maps) as open_server, Server(folder / "keyed", "--api-key-file", str(key_file)) as keyed:
            hostile(open_server.address)
            twins(open_server.address)
            hard(open_server.address)
            subprocess.run(
                [sys.executable, SCRIPT, open_server.url, pictures, "--collection", "pixels-16", "--beside", "pixels-4", "--graph", "--map", "--image",
                 "--hostile", "hostile", "--hard", "hard", "--twins", "twins", "--keyed", keyed.url, "--key", KEY],
                check=True,
            )


def hostile(address):
    """Points whose ids and payloads are attempts at scripts."""
    texts = ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "'\"><svg onload=alert(3)>", "javascript:alert(4)", "../../etc/passwd"]
    status, answer = ask(address, "PUT", "/collections/hostile", {"vectors": {"size": 4, "distance": "Dot"}})
    assert status == 200, answer
    points = [{"id": text, "vector": [1, place, 0, 0], "payload": {text: text, "label": text}} for place, text in enumerate(texts)]
    status, answer = ask(address, "PUT", "/collections/hostile/points?wait=true", {"points": points})
    assert status == 200, answer


def twins(address):
    """Nine points 20 degrees apart, each with two more that are next to it."""
    status, answer = ask(address, "PUT", "/collections/twins", {"vectors": {"size": 2, "distance": "Cosine"}})
    assert status == 200, answer
    angles = {f"{name}{place}": math.radians(20 * place + shift) for place in range(9) for name, shift in [("a", 0), ("b", 0.5), ("c", 1)]}
    points = [{"id": name, "vector": [math.cos(angle), math.sin(angle)]} for name, angle in angles.items()]
    status, answer = ask(address, "PUT", "/collections/twins/points?wait=true", {"points": points})
    assert status == 200, answer


def hard(address, points=20_000, dim=64):
    """Points without neighbourhoods, of which a graph must miss some."""
    body = {"vectors": {"size": dim, "distance": "Cosine"}, "sop": {"graph": "own"}}
    status, answer = ask(address, "PUT", "/collections/hard", body)
    assert status == 200, answer
    draw = random.Random(0)
    for first in range(0, points, 2000):
        some = [{"id": id, "vector": [round(draw.gauss(0, 1), 4) for _ in range(dim)]} for id in range(first, first + 2000)]
        status, answer = ask(address, "PUT", "/collections/hard/points?wait=true", {"points": some})
        assert status == 200, answer
    for _ in range(120):
        info = ask(address, "GET", "/collections/hard")[1]["result"]
        if info["indexed_vectors_count"] > points // 2 and info["sop"]["graph_state"] == "ready":
            return
        time.sleep(0.5)
    raise SystemExit(f"no graph within a minute: {info}")


if __name__ == "__main__":
    main()
