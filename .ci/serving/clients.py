"""The official clients of Qdrant and OpenAI against `sop serve`, over the generated benchmark.

    PYTHON_WITH_THE_CLIENTS .ci/serving/clients.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from serving import ROOT, Server, sop

CLIENTS = ROOT / "crates" / "sop-server" / "tests" / "clients"
KEY = "a-key-of-the-test"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images, embeddings = folder / "data" / "train", folder / "train.parquet"
        sop("data", "generate", "--out", folder / "data", "--train", 120, "--test", 10, "--size", 32)
        sop("embed", "--encoder", "pixels:16", "--data", f"folder:{images}", "--out", embeddings)
        sop("index", "build", "--embeddings", embeddings, "--out", folder / "index", "--collection", "pixels", "--data", f"folder:{images}")
        key_file = folder / "key"
        key_file.write_text(KEY + "\n")
        with Server(folder / "index", "--encoder", "pixels:16", "--api-key-file", str(key_file)) as server:
            run("qdrant_client.py", server.url, KEY)
            run("openai_client.py", "--url", server.url, "--model", "pixels:16", "--images", images, "--embeddings", embeddings, "--key", KEY)
        sop("index", "verify", "--index", folder / "index", "--collection", "pixels")
    print("both clients found everything as it should be")


def run(script, *arguments):
    subprocess.run([sys.executable, CLIENTS / script, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
