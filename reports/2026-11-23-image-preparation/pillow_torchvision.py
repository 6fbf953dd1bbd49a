"""Pillow + torchvision over a folder of JPEG files: seconds of processor time per image, by stage and as a whole.

    python pillow_torchvision.py FOLDER [REPETITIONS]

One thread. The files are read into memory first. Per image the fastest of the repetitions counts, and the table shows the mean over the images.
One line a stage: name, milliseconds per image; then a hash of all tensors.
"""

import hashlib
import io
import pathlib
import sys
import time

import numpy
import PIL
import torch
import torchvision
from PIL import Image, features
from torchvision import transforms
from torchvision.transforms import InterpolationMode, functional

torch.set_num_threads(1)
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
whole = transforms.Compose(
    [
        transforms.Resize(256, interpolation=InterpolationMode.BICUBIC),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
    ]
)


def decode(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


STAGES = [
    ("decode", decode),
    ("resize", lambda image: functional.resize(image, 256, InterpolationMode.BICUBIC)),
    ("crop", lambda image: functional.center_crop(image, 224)),
    ("to tensor", functional.to_tensor),
    ("normalise", lambda tensor: functional.normalize(tensor, MEAN, STD)),
]


def main():
    folder = sys.argv[1]
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    paths = sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix.lower() in (".jpeg", ".jpg"))
    files = [path.read_bytes() for path in paths]
    best = {name: numpy.full(len(files), numpy.inf) for name in ["whole"] + [name for name, _ in STAGES]}
    for _ in range(repetitions):
        for index, data in enumerate(files):
            start = time.thread_time()
            whole(decode(data))
            best["whole"][index] = min(best["whole"][index], time.thread_time() - start)
            value = data
            for name, stage in STAGES:
                start = time.thread_time()
                value = stage(value)
                best[name][index] = min(best[name][index], time.thread_time() - start)
    digest = hashlib.sha256()
    for data in files:
        digest.update(whole(decode(data)).numpy().tobytes())
    print(
        f"# Pillow {PIL.__version__} (libjpeg-turbo {features.version_feature('libjpeg_turbo')}),"
        f" torch {torch.__version__}, torchvision {torchvision.__version__}: {len(files)} files, {repetitions} repetitions"
    )
    for name, seconds in best.items():
        print(f"{name}\t{seconds.mean() * 1000:.4f}")
    print(f"sha256 of all tensors\t{digest.hexdigest()}")


main()
