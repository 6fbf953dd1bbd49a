#!/usr/bin/env python3
"""Drives a running server with the official `openai` package.

    openai_client.py --url http://127.0.0.1:PORT --model NAME --images DIR [--key K] [--embeddings F.parquet] [--tolerance T]

DIR is a folder of images (with subfolders). F.parquet is what `sop embed` made of `folder:DIR` with the same encoder,
transform and feature: its ids are the images' paths below DIR. Vectors may differ from it by T times their largest
component (0, the default, means equal bits; batches of a network move the last ones).

Needs `openai`; `--embeddings` needs `pyarrow`. Ends with 0 where everything is as it should be.
"""

import argparse
import base64
import concurrent.futures
import mimetypes
import pathlib
import struct
import sys

import openai

MOST_IMAGES = 24


def data_uri(path, share=1.0):
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = path.read_bytes()
    return f"data:{kind};base64,{base64.b64encode(content[: int(len(content) * share)]).decode()}"


def single_precision(vector):
    """JSON has the shortest text that gives the same 32-bit number, which Python reads as another 64-bit one."""
    return struct.unpack(f"{len(vector)}f", struct.pack(f"{len(vector)}f", *vector))


class Checks:
    def __init__(self, tolerance):
        self.tolerance, self.failed = tolerance, 0

    def that(self, what, good, details=""):
        print(f"{'ok  ' if good else 'FAIL'} {what} {details}".rstrip())
        self.failed += not good

    def same(self, what, found, expected, tolerance=None):
        tolerance = self.tolerance if tolerance is None else tolerance
        worst = 0.0
        good = len(found) == len(expected)
        for one, other in zip(found, expected):
            good &= len(one) == len(other)
            largest = max(abs(value) for value in other)
            difference = max(abs(a - b) for a, b in zip(one, other))
            worst = max(worst, difference / largest)
        self.that(what, good and worst <= tolerance, f"({len(found)} vectors, largest difference {worst:.1e})")

    def raises(self, what, error, call):
        try:
            call()
        except error as raised:
            body = raised.body or {}
            self.that(what, bool(body.get("message")), f"({raised.status_code}: {body.get('message', raised)!s:.100})")
        except openai.OpenAIError as raised:
            self.that(what, False, f"(another error: {raised!r:.200})")
        else:
            self.that(what, False, "(no error)")


def stored(path, ids):
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, columns=["id", "embedding"])
    vectors = dict(zip(table["id"].to_pylist(), table["embedding"].to_pylist()))
    return [vectors[key] for key in ids]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--key")
    parser.add_argument("--embeddings", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=0.0)
    arguments = parser.parse_args()

    client = openai.OpenAI(base_url=f"{arguments.url}/v1", api_key=arguments.key or "unused", max_retries=2)
    model, checks = arguments.model, Checks(arguments.tolerance)
    paths = sorted(path for path in arguments.images.rglob("*") if path.is_file())[:MOST_IMAGES]
    if not paths:
        sys.exit(f"no images in {arguments.images}")
    images = [data_uri(path) for path in paths]

    def embed(images, **more):
        return [single_precision(item.embedding) for item in client.embeddings.create(model=model, input=images, **more).data]

    models = client.models.list().data
    checks.that("the model is listed", model in [item.id for item in models])
    one = client.models.retrieve(model)
    checks.that("the model is found", one.id == model and one.object == "model", f"({one.dimensions} dimensions)")

    answer = client.embeddings.create(model=model, input=images)
    indexes = [item.index for item in answer.data]
    checks.that("answers are in order", indexes == list(range(len(images))) and answer.model == model)
    together = [single_precision(item.embedding) for item in answer.data]
    checks.that("vectors are as long as the model says", {len(vector) for vector in together} == {one.dimensions})
    single = [embed(image)[0] for image in images]
    checks.same("one by one as together", together, single)
    # The client asks for base64 unless told otherwise, and decodes it.
    checks.same("numbers as base64", embed(images[0], encoding_format="float"), single[:1], 0.0)
    objects = [{"type": "image_url", "image_url": {"url": image}} for image in images[:3]]
    checks.same("objects as texts", embed(objects), single[:3])
    checks.same("with what others ask for", embed(images[0], dimensions=one.dimensions, user="me",
                                                  extra_body={"modality": "image"}), single[:1], 0.0)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        at_once = [vectors[0] for vectors in pool.map(embed, images)]
    checks.same("at once as one by one", at_once, single)
    if arguments.embeddings:
        ids = [path.relative_to(arguments.images).as_posix() for path in paths]
        checks.same("as stored", single, stored(arguments.embeddings, ids))

    checks.raises("text is refused", openai.BadRequestError, lambda: embed("a photo of a cat"))
    checks.raises("an address is refused", openai.UnprocessableEntityError, lambda: embed("https://example.org/cat.png"))
    checks.raises("a truncated image is refused", openai.UnprocessableEntityError, lambda: embed(data_uri(paths[0], 0.5)))
    checks.raises("shorter vectors are refused", openai.BadRequestError,
                  lambda: embed(images[0], dimensions=one.dimensions + 1))
    checks.raises("another model is not found", openai.NotFoundError,
                  lambda: client.embeddings.create(model="no such model", input=images[0]))
    if arguments.key:
        stranger = openai.OpenAI(base_url=f"{arguments.url}/v1", api_key="wrong", max_retries=0)
        checks.raises("another key is refused", openai.AuthenticationError, lambda: stranger.models.list())

    print(f"openai {openai.__version__}: " + (f"{checks.failed} FAILED" if checks.failed else "all as it should be"))
    sys.exit(bool(checks.failed))


if __name__ == "__main__":
    main()
