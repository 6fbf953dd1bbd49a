"""Writes small well-formed files into fuzz/corpus/<target>, from which the fuzzer starts.

Needs numpy, Pillow, pyarrow, torch and safetensors; run from the repository's root.
"""
import io
import json
import pathlib
import pickle
import shutil
import struct
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).parent / "corpus"


def put(target, name, content):
    path = ROOT / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def image(mode, fmt, size=(19, 13), **options):
    rng = np.random.default_rng(7)
    channels = {"L": (), "RGB": (3,), "RGBA": (4,), "LA": (2,), "CMYK": (4,)}[mode]
    pixels = Image.fromarray(rng.integers(0, 256, (size[1], size[0], *channels), dtype=np.uint8), mode)
    out = io.BytesIO()
    pixels.save(out, fmt, **options)
    return out.getvalue()


images = {
    "grey.jpg": image("L", "JPEG"),
    "rgb.jpg": image("RGB", "JPEG", subsampling=0),
    "sub.jpg": image("RGB", "JPEG", subsampling=2, quality=40),
    "progressive.jpg": image("RGB", "JPEG", progressive=True),
    "cmyk.jpg": image("CMYK", "JPEG"),
    "rgb.png": image("RGB", "PNG"),
    "rgba.png": image("RGBA", "PNG"),
    "la.png": image("LA", "PNG"),
    "rgb.bmp": image("RGB", "BMP"),
    "grey.bmp": image("L", "BMP"),
    "grey.gif": image("L", "GIF"),
    "rgb.webp": image("RGB", "WEBP"),
    "lossless.webp": image("RGBA", "WEBP", lossless=True),
    "rgb.ppm": image("RGB", "PPM"),
}
for name, content in images.items():
    put("image", name, content)

rows = pa.array([{"bytes": content, "path": name} for name, content in list(images.items())[:3]])
for compression in ["none", "snappy", "zstd"]:
    out = io.BytesIO()
    pq.write_table(pa.table({"image": rows, "label": pa.array([0, 1, 2])}), out, compression=compression)
    put("image_parquet", f"{compression}.parquet", out.getvalue())
    out = io.BytesIO()
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(8, dtype=np.float32)), 4)
    table = pa.table({"id": ["a", "b"], "label": pa.array([0, None], pa.int32()), "embedding": vectors})
    pq.write_table(table, out, compression=compression)
    put("embedding_parquet", f"{compression}.parquet", out.getvalue())
for path in pathlib.Path("tests/compat").glob("*.parquet"):
    put("embedding_parquet", path.name, path.read_bytes())

state = {"teacher": {"backbone.cls_token": torch.ones(1, 1, 3), "w": torch.arange(6.0).view(2, 3).t()}, "epoch": 3}
for name, options in [("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})]:
    out = io.BytesIO()
    torch.save(state, out, **options)
    put("checkpoint", name, out.getvalue())
save_file({"a": torch.ones(2, 2), "b": torch.zeros(3, dtype=torch.float16)}, str(ROOT / "seed.safetensors"))
put("checkpoint", "safetensors", (ROOT / "seed.safetensors").read_bytes())
(ROOT / "seed.safetensors").unlink()

out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
    for name, content in [("a/0.png", images["rgb.png"]), ("a/0.cls", b"3"), ("a/1.ppm", images["rgb.ppm"]), ("a/1.json", b'{"label": 4}'), ("long" * 40 + ".jpg", b"x")]:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
put("tar", "gnu.tar", out.getvalue())
entry = {"bbx": [1.5, 2, 30, 40], "easy": [0, np.int64(2)], "hard": [1], "junk": []}
truth = {"imlist": ["a", "b", "c"], "qimlist": ["q"], "gnd": [entry]}
for protocol in range(6):
    put("ground_truth", f"protocol{protocol}", pickle.dumps(truth, protocol))
put("ground_truth", "json", json.dumps(truth, default=int).encode())
put("cifar", "two", bytes([3]) + bytes(range(256)) * 12 + bytes([9]) + bytes(3072))
labels = struct.pack(">2I", 0x801, 2) + bytes([1, 2])
put("mnist", "two", labels + bytes(2) + struct.pack(">4I", 0x803, 2, 2, 3) + bytes(range(12)))
for path in pathlib.Path("tests").rglob("*.onnx"):
    shutil.copy(path, ROOT / "onnx")
