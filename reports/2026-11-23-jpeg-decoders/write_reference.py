"""Decode the JPEG files of three data packs with Pillow, store file and pixels, and time it.

usage: python write_reference.py DATA_DIR OUT_DIR        (pip install "pillow==13.0.0" pyarrow)

OUT_DIR/<pack>.bin holds, for every image: length of the file, width, height (u32, little endian), the file, the RGB bytes.
"""

import glob
import io
import struct
import sys
import time

import pyarrow.parquet as pq
from PIL import Image, features

data, out = sys.argv[1:3]


def read(path):
    with open(path, "rb") as file:
        return file.read()


table = pq.read_table(f"{data}/cifar10/test-00000-of-00001.parquet")
packs = {
    "imagenet-samples": [read(p) for p in sorted(glob.glob(f"{data}/imagenet-samples/*/*.JPEG"))],
    "cifar10": table["image"].combine_chunks().field("bytes").to_pylist()[:4000],
    "davis": [read(p) for p in sorted(glob.glob(f"{data}/davis/**/*.jpg", recursive=True))],
}
print("Pillow", Image.__version__, "libjpeg-turbo", features.version("libjpeg_turbo"))
for name, files in packs.items():
    with open(f"{out}/{name}.bin", "wb") as stream:
        for file in files:
            image = Image.open(io.BytesIO(file)).convert("RGB")
            stream.write(struct.pack("<III", len(file), image.width, image.height) + file + image.tobytes())
    seconds = float("inf")
    for _ in range(5):
        start = time.process_time()
        for file in files:
            Image.open(io.BytesIO(file)).convert("RGB")
        seconds = min(seconds, time.process_time() - start)
    megabytes = sum(map(len, files)) / 1e6
    print(f"{name}: {len(files)} images, {len(files) / seconds:.0f} images/s, {megabytes / seconds:.1f} MB/s")
