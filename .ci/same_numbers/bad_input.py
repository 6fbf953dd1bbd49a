"""Command lines that end with an error: those of the tests in `tests/bad_input` and `tests/pipeline`, a function a test or a few.

`pair.refuses(label, line)` runs a line on both sides; it fails, too, where the old binary takes the line.
"""

import json
import os
import shutil
import struct

import pyarrow as pa

import files
import models
from files import labels, png, text_column, vectors

EMBED = "embed --encoder pixels:4 --data folder:images --out out.parquet"
VIT = "--arch vit --heads 3"
# Limits the size of files, as a full disk does; without the trap the signal would end the process.
FULL_DISK = "trap '' XFSZ; ulimit -f 1"

CONFIG = """
protocol = "knn"

[encoder]
path = "pixels:4"
feature = "cls"

[data]
train = "folder:images"
test = "folder:images"

[params]
k = [1, 2]
temperature = 0.07

[output]
dir = "out"
"""

# A pre-training of a few seconds.
PRETRAIN = """
data.train = "folder:data/train"
model = { arch = "vit", patch_size = 8, dim = 24, depth = 4, heads = 3 }
head = { hidden = 32, output = 16 }
views = { global.size = 32, local = { size = 16, count = 2 } }
[objective]
class = { memory = 64, anchors = 8, support = 2 }
patch = { memory = 32, anchors = 4 }
[training]
epochs = 6
batch = 16
warmup_epochs = 1.0
teacher_temperature_epochs = 2.0
checkpoint_steps = 3
[evaluation]
data = "folder:data/test"
every_epochs = 2
k = 3
"""

FIXED = """input = "pixel_values"
tokens = "last_hidden_state"
cls_token = true
register_tokens = 2
transform = "resize_exact(32,32,bicubic)|normalize(imagenet)"
"""
DYNAMIC = FIXED.replace("register_tokens = 2\n", "")


def images(pair):
    pair.edit(files.image_folder)


def imported(pair, depth, name):
    """Imports a tiny ViT."""
    pair.write("vit.safetensors", files.safetensors(files.vit(depth)))
    pair.prepare(f"import vit.safetensors {VIT} --method dino --out {name}")


def replaced(text, old, new):
    if old not in text:
        raise SystemExit(f"`{old}` is not in what it should be replaced in")
    return text.replace(old, new)


def table(pair, name, columns, metadata=None):
    pair.edit(lambda folder: files.parquet(folder / name, columns, metadata))


def embedding_table(pair, name, ids, of, rows, metadata=None):
    """Embeddings of two components; `rows` are the vectors one after another."""
    table(pair, name, {"id": text_column(ids), "label": labels(of), "embedding": vectors(2, rows)}, metadata)


# What is typed

def typed(pair):
    embed = "embed --encoder pixels:4 --data folder:x --out y"
    for line in ["", "train", "embed --encoder pixels:4", "eval", "data generate --size 32", "demo --seed x", "eval knn --tets x", "report",
                 "results ls", "results diff a", "verify a --data folder:b", "cache prune --max-size many", "cache ls --cache off",
                 "import x", f"{embed} --batch 0", f"{embed} --shard 3/3", f"{embed} --shard x", f"{embed} --part-rows 0",
                 "pretrain x --device tpu", "encoder inspect x --image-size 0", "eval davis --root x --results y --encoder pixels:4",
                 "export untrained", "eval retrieval --ground-truth x --queries y", "eval retrieval --ground-truth x --alpha 2",
                 "eval copydays --root x --centred", "eval linear --test x --random-crops 32", "eval knn --test x --outcomes",
                 "eval knn --test x --train y --leave-one-out", "report x --format pdf", "report x --table wide", "report --curves x",
                 "data generate --out x --layout tree", "--runtime missing.so runtime", "--on-missing ignore data ls",
                 "export untrained --config x --seed 3 --out y"]:
        pair.refuses(line or "nothing", line)


# Data sets

def data_sets(pair):
    pair.write("flat/0.png", png(8, 0))
    pair.edit(lambda folder: (folder / "empty").mkdir())
    pair.write("notes/ant/readme.txt", "no image")
    pair.write("splits/train/ant/0.png", png(8, 0))
    pair.write("splits/test/ant/0.png", png(8, 0))
    pair.write("text.parquet", "no Parquet at all")
    pair.write("none.parquet", "")
    table(pair, "table.parquet", {"name": text_column(["a"]), "label": labels([0])})
    pair.prepare("data generate --layout parquet --train 4 --test 4 --size 32 --out data")
    pair.edit(lambda folder: files.write(folder / "cut.parquet", (folder / "data/train.parquet").read_bytes()[:-100]))
    pair.write("list.txt", "0.png n01443537\n")
    pair.edit(lambda folder: files.shards(folder))
    pair.edit(lambda folder: files.write(folder / "cut.tar", (folder / "shards/t-1.tar").read_bytes()[:-10240]))
    pair.edit(lambda folder: files.cifar(folder, 1))
    pair.edit(lambda folder: (folder / "cifar10/data_batch_3.bin").unlink())
    pair.edit(lambda folder: files.write(folder / "short/test_batch.bin", bytes(3000)))
    pair.write("mnist/train-images-idx3-ubyte", struct.pack(">4I", 0x803, 2, 3, 3) + bytes(17))
    pair.write("mnist/train-labels-idx1-ubyte", struct.pack(">2I", 0x801, 2) + bytes(2))
    for data in ["folder:flat", "folder:empty", "empty", "folder:notes", "folder:splits", "splits", "folder:missing", "missing", "folder:",
                 "hf:missing-*.parquet", "lmdb:images", "hf:text.parquet", "hf:none.parquet", "hf:table.parquet", "hf:data",
                 "hf:data/train.parquet#label=colour", "hf:cut.parquet", "list:flat", "list:flat#list=missing.txt",
                 "folder:splits/train#classes=list.txt", "tar:flat", "tar:shards/t-{0..2}.tar", "tar:cut.tar", "cifar:cifar10",
                 "cifar:short", "cifar:missing", "cifar:cifar100#label=medium", "mnist:mnist", "mnist:flat", "folder:flat#colour=red",
                 "folder:\"flat", "revisited:flat#part=queries", "copydays:flat#block=strong"]:
        pair.refuses(f"embed {data}", f"embed --encoder pixels:4 --data {data} --out out.parquet")
    pair.refuses("check folder:missing", "data check folder:missing")
    pair.refuses("check tar:cut.tar", "data check tar:cut.tar --json")


def numbers_of_classes(pair):
    images(pair)
    pair.write("other/bee/0.png", png(8, 1))
    pair.write("other/cat/0.png", png(8, 2))
    pair.refuses("train and test", "eval knn --encoder pixels:4 --train folder:images --test folder:other --k 1 --out results")


def generate(pair):
    pair.write("data/train/mine.txt", "mine")
    pair.refuses("over a folder", "data generate --out data --train 2 --test 2 --size 32")
    pair.refuses("size 0", "data generate --out new --size 0")
    pair.refuses("size 9", "data generate --out new --size 100000")
    pair.refuses("train for landmarks", "data generate --out new --layout revisited --train 3")
    pair.refuses("count for a folder", "data generate --out new --count 3")
    pair.refuses("demo without images", "demo --out new --train 0")


def missing_parts_of_real_sets(pair, shared):
    faults = shared / "faults"
    knn = f"eval knn --train {faults}/labels/train.parquet --test {faults}/labels/test.parquet --k 5"
    pair.refuses("labels", knn)
    pair.check("labels, skipped", f"{knn} --on-missing skip --json")
    for place in ["tar:%s/tar/dots_in_some_names.tar", "hf:%s/hf/missing_part/train-*.parquet", "hf:%s/hf/hub_numbered"]:
        data, name = place % faults, place.rsplit("/", 1)[1]
        pair.refuses(name, f"embed --encoder pixels:4 --data {data} --out o.parquet")
        pair.check(f"{name}, checked", f"data check {data} --json", code=None)


# Images

def bad_images():
    whole = png(16, 1)
    return {
        "truncated.png": whole[:len(whole) // 2], "header-only.png": whole[:8], "empty.png": b"",
        "flipped.png": whole[:60] + bytes([whole[60] ^ 255]) + whole[61:], "text.png": b"a text that someone renamed",
        "truncated.jpg": b"\xff\xd8\xff\xe0" + b"\x55" * 200, "bomb.png": files.png_bomb(60_000),
    }


def one_bad_image(pair):
    images(pair)
    for name, content in bad_images().items():
        pair.write(f"images/bee/{name}", content)
        pair.refuses(name, EMBED)
        pair.edit(lambda folder: (folder / f"images/bee/{name}").unlink())
    pair.refuses("max pixels", f"{EMBED} --max-pixels 255")


def several_bad_images(pair):
    images(pair)
    for name, content in bad_images().items():
        pair.write(f"images/bee/{name}", content)
    pair.refuses("refused", EMBED)
    pair.check("skipped", f"{EMBED} --on-missing skip")
    pair.check("skipped, as JSON", f"{EMBED} --on-missing skip --json --restart")
    pair.check("checked", "data check folder:images", code=1)
    pair.check("checked, as JSON", "data check folder:images --json", code=1)
    pair.write("all/ant/0.png", "text")
    pair.write("all/bee/0.png", "text")
    pair.refuses("nothing else", "embed --encoder pixels:4 --data folder:all --out all.parquet --on-missing skip")


def twins(pair):
    images(pair)
    pair.edit(lambda folder: shutil.copy(folder / "images/ant/0.png", folder / "images/bee/twin.png"))
    pair.check("under two labels", "data check folder:images", code=1)
    pair.check("in train and test", "eval knn --encoder pixels:4 --train folder:images --test folder:images --k 1")


# Samples that are left out

def left_out(pair):
    members = []
    for seed, key in enumerate(["0", "1", "2", "3.v2"]):
        members += [(f"{key}.png", png(8, seed)), (f"{key}.cls", b"%d" % (seed % 2))]
    pair.share("set.tar", files.tar_of(members))
    knn = "eval knn --encoder pixels:4 --train tar:shared/set.tar --test tar:shared/set.tar --k 1"
    embed = "embed --encoder pixels:4 --data tar:shared/set.tar --out out.parquet"
    pair.check("checked", "data check tar:shared/set.tar", code=1)
    pair.check("checked, as JSON", "data check tar:shared/set.tar --json", code=1)
    pair.refuses("embed", embed)
    pair.refuses("knn", knn)
    pair.check("embed, skipped", f"{embed} --on-missing skip --json")
    pair.check("knn, skipped", f"{knn} --on-missing skip --json")
    pair.check("knn of what was skipped", "eval knn --test out.parquet --leave-one-out --k 1 --json")
    rest = '[data]\ntest = "tar:shared/set.tar"\n[params]\nk = [1]\nleave_one_out = true\n[output]\ndir = "results"\n'
    for name, line in [("strict", ""), ("lax", 'on_missing = "skip"')]:
        pair.write(f"{name}.toml", f'protocol = "knn"\n{line}\n[encoder]\npath = "pixels:4"\n{rest}')
    pair.refuses("config", "eval strict.toml")
    pair.check("config that allows it", "eval lax.toml --json")
    pair.check("flag that allows it", "eval strict.toml --json --on-missing skip")
    shards = f"{embed.replace('out.parquet', 'set.parquet')} --part-rows 2 --on-missing skip"
    pair.check("first shard", f"{shards} --shard 0/2")
    pair.check("second shard", f"{shards} --shard 1/2")


def negative_labels(pair):
    for name, of in [("train.parquet", [-1, -1, 2, 2, 5, 5]), ("test.parquet", [2, -1, 5])]:
        rows = [part for row, label in enumerate(of) for part in [float(label), 1.0 + row / 100]]
        embedding_table(pair, name, [f"{name}{row}" for row in range(len(of))], of, rows)
    for protocol in ["knn --k 1", "linear --epochs 2", "logreg"]:
        line = f"eval {protocol} --train train.parquet --test test.parquet"
        pair.refuses(protocol, line)
        pair.check(f"{protocol}, skipped", f"{line} --on-missing skip --json")


# Embedding files

def embedding_files(pair):
    """One column or value that is wrong."""
    ids, good, two = text_column(["a", "b"]), vectors(2, [1.0, 2.0, 3.0, 4.0]), labels([0, 1])
    floats = lambda values: vectors(2, values)
    cases = {
        "nan": (ids, two, floats([1.0, 2.0, 3.0, float("nan")])),
        "infinity": (ids, two, floats([1.0, 2.0, 3.0, float("inf")])),
        "too large": (ids, two, vectors(2, [1.0, 2.0, 3.0, 1e300], pa.float64())),
        "null id": (text_column(["a", None]), two, good),
        "null component": (ids, two, floats([1.0, 2.0, None, 4.0])),
        "null label": (ids, labels([0, None]), good),
        "one id twice": (text_column(["a", "a"]), two, good),
        "labels of text": (ids, text_column(["ant", "bee"]), good),
        "no vectors": (ids, two, two),
        "vectors of integers": (ids, two, vectors(2, [1, 2, 3, 4], pa.int32())),
        "label of 64 bits": (ids, pa.array([0, 1 << 40], pa.int64()), good),
        "ragged": (ids, two, pa.array([[1.0, 2.0], [3.0]], pa.list_(pa.float32()))),
        "empty": (text_column([]), labels([]), floats([])),
        "other dimension": (ids, two, vectors(3, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
        "other labels": (ids, labels([0, 7]), good),
    }
    pair.edit(lambda folder: files.embeddings(folder / "test.parquet"))
    line = "eval knn --train bad.parquet --test test.parquet --k 1 --out results"
    for name, (id_column, label_column, embedding) in cases.items():
        table(pair, "bad.parquet", {"id": id_column, "label": label_column, "embedding": embedding})
        pair.refuses(name, line)
    table(pair, "bad.parquet", {"name": ids, "vector": good})
    pair.refuses("other columns", line)
    good = {"id": ids, "label": two, "embedding": good}
    for key, value in [("sop.schema_version", "2"), ("sop.schema_version", "one"), ("sop.class_names", "ant, bee")]:
        table(pair, "bad.parquet", good, {key: value})
        pair.refuses(f"{key} {value}", line)
    for key in ["sop.encoder_sha256", "sop.feature", "sop.transform"]:
        table(pair, "here.parquet", good, {key: "here"})
        table(pair, "there.parquet", good, {key: "there"})
        pair.refuses(f"{key} differs", "eval knn --train here.parquet --test there.parquet --k 1 --out results")
    table(pair, "one.parquet", {"id": text_column(["a"]), "label": labels([0]), "embedding": vectors(2, [1.0, 0.0])})
    pair.refuses("one left out of itself", "eval knn --test one.parquet --leave-one-out --k 1 --out results")


def embedding_files_that_are_none(pair):
    pair.edit(lambda folder: files.embeddings(folder / "test.parquet"))
    whole = (pair.old.folder / "test.parquet").read_bytes()
    line = "eval knn --train bad.parquet --test test.parquet --k 1 --out results"
    pair.refuses("missing", line)
    for name, content in [("empty", b""), ("magic", b"PAR1"), ("csv", b"id,label\na,0\n"), ("cut", whole[:-10]), ("beheaded", whole[10:]),
                          ("damaged", whole[:4] + b"\xff" * 36 + whole[40:])]:
        pair.write("bad.parquet", content)
        pair.refuses(name, line)


def embedding_parts(pair):
    part = lambda name, values: {"id": text_column([name]), "label": labels([0]), "embedding": vectors(len(values), values)}
    pair.edit(lambda folder: files.embeddings(folder / "test.parquet"))
    line = "eval knn --train bad --test test.parquet --k 1 --out results"
    table(pair, "bad/0.parquet", part("same", [1.0, 0.0]))
    table(pair, "bad/1.parquet", part("same", [1.0, 0.0]))
    pair.refuses("one id twice", line)
    table(pair, "bad/0.parquet", part("a", [1.0, 0.0]), {"sop.feature": "cls"})
    table(pair, "bad/1.parquet", part("b", [1.0, 0.0]), {"sop.feature": "patch_mean"})
    pair.refuses("two features", line)
    table(pair, "bad/0.parquet", part("a", [1.0, 0.0]))
    table(pair, "bad/1.parquet", part("b", [1.0, 0.0, 0.0]))
    pair.refuses("two dimensions", line)


def other_settings_of_parts(pair, fixtures):
    foreign(pair, fixtures)
    pair.write("d.toml", FIXED)
    line = "embed --encoder fixed_batch_1.onnx --description d.toml --data folder:images --out parts"
    pair.prepare(line)
    pair.write("d.toml", FIXED.replace("register_tokens = 2", "register_tokens = 1"))
    pair.refuses("another description", line)
    line = "embed --encoder pixels:4 --data folder:images --feature"
    pair.refuses("several features under one name", f"{line} cls,patch_mean --out set.parquet")
    pair.refuses("one feature twice", f"{line} cls,cls --out set-{{feature}}.parquet")


# Encoders

def encoders(pair):
    images(pair)
    imported(pair, 1, "vit.onnx")
    whole = (pair.old.folder / "vit.onnx").read_bytes()
    embed = "embed --encoder bad.onnx --data folder:images --out out.parquet"
    for name, content in [("empty", b""), ("text", b"no model at all"), ("half", whole[:len(whole) // 2]), ("cut", whole[:-1]),
                          ("noise", b"\xff" * 1000), ("other outputs", models.last_hidden_state()), ("overflow", models.mean_squared(1e30)),
                          ("one size", models.fixed_size()), ("external weight", models.with_external_weight(models.mean_squared(1.0))),
                          ("depends on its batch", models.depends_on_batch()), ("depends on its batch of four", models.depends_on_batch(4)),
                          ("beyond its table", models.table_row(3)), ("before its table", models.table_row(-4))]:
        pair.write("bad.onnx", content)
        pair.refuses(name, embed)
        pair.check(f"{name}, inspected", "encoder inspect bad.onnx", code=None)
    pair.refuses("missing", "embed --encoder missing.onnx --data folder:images --out out.parquet")
    pair.refuses("inspect missing", "encoder inspect missing.onnx")
    pair.refuses("inspect a folder", "encoder inspect images")
    pair.write("mean.onnx", models.mean_squared(1.0))
    pair.refuses("lacking feature", "embed --encoder mean.onnx --data folder:images --feature cls_last4 --out x.parquet")
    pair.refuses("shallow", "embed --encoder vit.onnx --data folder:images --feature cls_last4 --out x.parquet")
    pair.refuses("feature of a baseline", f"{EMBED} --feature patch_mean")
    for side in ["0", "257", "-1", "x", ""]:
        pair.refuses(f"pixels:{side}", f"embed --encoder pixels:{side} --data folder:images --out out.parquet")
    for transform in ["blur(3)", "resize_short(0,bicubic)|normalize(imagenet)", "center_crop(16)", "normalize(imagenet)|center_crop(8)",
                      "resize_short(8,cubic)|normalize(imagenet)", "resize_exact(8)|normalize(imagenet)", "normalize(cifar)",
                      "normalize(mean=0/0/0,std=0/1/1)", "scales(0)|normalize(none)", "normalize(none)|scales(dino)|scales(1)", ""]:
        pair.refuses(f"transform {transform}", f"{EMBED} --transform {transform or '|'}")
    pair.write("batch.onnx", models.depends_on_batch())
    pair.refuses("knn", "eval knn --encoder batch.onnx --test folder:images --leave-one-out --k 1")
    pair.refuses("verify", "verify vit.onnx --against batch.onnx --data folder:images")
    sets = "--train folder:images --test folder:images"
    pair.refuses("linear", f"eval linear {sets} --encoder batch.onnx --feature patch_mean")
    pair.refuses("several features of knn", f"eval knn {sets} --encoder vit.onnx --feature cls,patch_mean")


def damaged_encoders(pair, fixtures):
    """Single bytes flipped: a report or an error."""
    foreign(pair, fixtures)
    whole = (pair.old.folder / "dynamic_batch.onnx").read_bytes()
    for step in range(0, 60, 4):
        damaged = bytearray(whole)
        damaged[step * len(whole) // 60] ^= 0xff
        pair.write("damaged.onnx", bytes(damaged[:len(whole) - step % 3]))
        pair.check(f"byte {step}/60", "encoder inspect damaged.onnx --json", code=None)


def real_encoders(pair, shared):
    images(pair)
    for path in sorted((shared / "faults/onnx").glob("*.onnx")):
        pair.check(f"{path.name}, inspected", f"encoder inspect {path} --json", code=None)
        pair.refuses(path.name, f"embed --encoder {path} --data folder:images --out out.parquet")
    pair.write("d.toml", 'input = "pixel_values"\ncls = "features"\ntransform = "resize_exact(32,32,bicubic)|normalize(imagenet)"\n')
    line = f"embed --encoder {shared}/faults/onnx/depends_on_batch.onnx --description d.toml --data folder:images --out x.parquet"
    pair.refuses("in training mode", line)


def foreign(pair, fixtures):
    for name in ["fixed_batch_1.onnx", "dynamic_batch.onnx"]:
        pair.write(name, (fixtures / name).read_bytes())
    for seed in range(6):
        pair.write(f"images/{'ant' if seed < 3 else 'bee'}/{seed}.png", png(32, seed))


def descriptions(pair, fixtures):
    foreign(pair, fixtures)
    embed = "embed --encoder fixed_batch_1.onnx --data folder:images --out out.parquet"
    changes = {
        "unknown key": ("register_tokens = 2", "registers = 2"), "other type": ("cls_token = true", "cls_token = 1"),
        "no input": ('input = "pixel_values"', ""), "unknown output": ("last_hidden_state", "tokens"),
        "unknown input": ("pixel_values", "image"), "other rank": ("register", 'cls = "last_hidden_state"\nregister'),
        "too many registers": ("= 2", "= 6"), "negative": ("= 2", "= -1"), "other size": ("32,32", "48,64"),
        "unknown filter": ("bicubic", "cubic"), "no cls_token": ("cls_token = true", ""),
        "tokens and patches": ("register", 'patches = "last_hidden_state"\nregister'),
    }
    found = {name: replaced(FIXED, *change) for name, change in changes.items()}
    found["no feature"] = 'input = "pixel_values"\n'
    found["patches only"] = 'input = "pixel_values"\npatches = "last_hidden_state"\n'
    for name, description in found.items():
        pair.write("d.toml", description)
        pair.refuses(name, f"{embed} --description d.toml")
        rest = '[data]\ntest = "folder:images"\n[params]\nk = [1]\nleave_one_out = true\n[output]\ndir = "out"\n'
        pair.write("knn.toml", f'protocol = "knn"\n[encoder]\npath = "fixed_batch_1.onnx"\n[encoder.description]\n{description}\n{rest}')
        pair.refuses(f"{name}, in a config", "eval --check knn.toml")
    pair.write("d.toml", 'input = "pixel_values"\ncls_token = true\ntokens = "pooler_output"\n')
    pair.refuses("two axes", "embed --encoder dynamic_batch.onnx --description d.toml --data folder:images --out out.parquet")
    pair.write("d.toml", FIXED)
    pair.refuses("crop", f"{embed} --description d.toml --transform center_crop(16)|normalize(imagenet)")
    pair.refuses("resize", f"{embed} --description d.toml --transform resize_short(16,bicubic)|normalize(imagenet)")
    pair.refuses("none", embed)
    pair.refuses("for a baseline", f"{EMBED} --description d.toml")
    pair.refuses("missing", f"{EMBED} --description missing.toml")
    pair.refuses("without an encoder", "eval knn --test folder:images --leave-one-out --description d.toml")


# Checkpoints

def checkpoints(pair):
    vit = files.vit(4)
    norm, fc2 = "norm.weight", "blocks.1.mlp.fc2.weight"
    both = {**files.under("teacher.", vit), **files.under("student.", vit)}
    whole = files.safetensors(vit)
    evil = b"\x80\x02cos\nsystem\nX\x0c\0\0\0echo > owned\x85R."
    old_start = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}."
    cases = {
        "vit_small": (whole, "--arch vit_small"), "patch size": (whole, f"{VIT} --patch-size 16"), "no heads": (whole, "--arch vit"),
        "5 heads": (whole, "--arch vit --heads 5"), "0 heads": (whole, "--arch vit --heads 0"),
        "no qkv": (files.safetensors(files.without("blocks.2.attn.qkv.weight", vit)), VIT),
        "no norm": (files.safetensors(files.without("norm.bias", vit)), VIT),
        "prefix": (files.safetensors(files.under("vision_model.encoder.", vit)), VIT),
        "neck": (files.safetensors({**vit, **files.under("neck.", files.vit(1))}), VIT),
        "nan": (files.safetensors(files.with_element(fc2, 77, float("nan"), vit)), VIT),
        "infinity": (files.safetensors(files.with_element(fc2, 77, float("inf"), vit)), VIT),
        "overflow": (files.safetensors(files.filled(norm, 3e38, vit)), VIT),
        "no such key": (files.safetensors(both), f"{VIT} --key ema"),
        "two sets": (files.safetensors({**files.vit(2), **files.under("ema.module.", files.vit(2))}), VIT),
        "empty": (b"", VIT), "text": (b"the weights are elsewhere", VIT), "LFS": (b"version https://git-lfs.github.com/spec/v1\n", VIT),
        "HTML": (b"<!DOCTYPE html><html></html>", VIT), "zip of a text": (files.zip_of({"readme.txt": b"no pickle"}), VIT),
        "begin of a zip": (b"PK\x03\x04 and no more", VIT), "huge header": (b"\0\0\0\0\0\0\0\x10{}", VIT),
        "cut header": (b"\0\0\0\x01\0\0\0\0{}", VIT), "evil": (evil, "--arch vit_small"),
        "evil in a zip": (files.zip_of({"model/data.pkl": evil}), "--arch vit_small"),
        "evil of old": (old_start + evil, "--arch vit_small"),
        "resnet": (whole, "--arch resnet50"), "cut zip": (files.torch_zip(vit)[:-40], VIT),
    }
    for length in [9, 500, len(whole) // 2, len(whole) - 1]:
        cases[f"cut at {length}"] = (whole[:length], VIT)
    for name, dtype, size in [("norm.bias", "C64", 8), ("blocks.1.mlp.fc1.weight", "I8", 1), ("blocks.0.attn.qkv.bias", "I32", 4),
                              ("blocks.0.norm1.weight", "F8_E8M0", 1)]:
        cases[f"{name} of {dtype}"] = (files.safetensors(files.typed(name, dtype, size, 1, vit)), VIT)
    for name, text, heads in [("num_heads", "4", 3), ("args", '{"model": {"heads": 4}}', 3), ("img_size", "[16, 64]", 3),
                              ("image_size", "64", 3), ("patch_size", "16", 3), ("depth", "3", 3), ("embed_dim", "384", 3),
                              ("layer_norm_eps", "1e-12", 3), ("input_size", "64", 3)]:
        cases[f"says {name}"] = (files.safetensors(files.vit(2), {name: text}), f"--arch vit --heads {heads}")
    for name, (content, flags) in cases.items():
        pair.write("weights.bin", content)
        pair.refuses(name, f"import weights.bin {flags} --out vit.onnx")
    pair.refuses("missing", "import missing.pth --arch vit_small --out o.onnx")
    pair.write("weights.bin", files.safetensors(files.vit(2), {"num_heads": "4"}))
    pair.check("says heads", "import weights.bin --arch vit --out 4.onnx --json")
    pair.check("ignored heads", "import weights.bin --arch vit --heads 3 --ignore-args --out 3.onnx")


def real_checkpoints(pair, shared):
    for path in sorted((shared / "faults/checkpoints").glob("*.pth")) + sorted((shared / "data/checkpoints").glob("*.*th")):
        for key in ["", " --key ema.module"]:
            pair.check(f"{path.name}{key}", f"import {path} --arch vit --heads 4{key} --out vit.onnx", code=None)


# Configs

def configs(pair):
    images(pair)
    changes = {
        "temprature": ("temperature", "temprature"), "trian": ("train =", "trian ="), "features": ("feature =", "features ="),
        "folder": ("dir =", "folder ="), "result": ("[output]", "[result]"), "kmeans": ('"knn"', '"kmeans"'), "gem": ('"cls"', '"gem"'),
        "ignore": ("protocol =", 'on_missing = "ignore"\nprotocol ='), "pixels:x": ("pixels:4", "pixels:x"),
        "blur": ('feature = "cls"', 'transform = "blur(3)"'), "k 0": ("[1, 2]", "[0, 2]"), "k twice": ("[1, 2]", "[2, 1, 2]"),
        "no k": ("[1, 2]", "[]"), "negative k": ("[1, 2]", "[-1]"), "no train": ('train = "folder:images"\n', ""),
        "left out of train": ("k = [1, 2]", "leave_one_out = true"), "no test": ('test = "folder:images"\n', ""),
        "no TOML": ('protocol = "knn"', "protocol = "), "no gate": ('protocol = "knn"', 'protocol = "knn"\nexpect = ["top1"]'),
        "gate of another": ('protocol = "knn"', 'protocol = "knn"\nexpect = ["map>=1"]'),
        "missing train": ('train = "folder:images"', 'train = "folder:missing"'),
        "missing test": ('test = "folder:images"', 'test = "folder:missing"'),
        "missing encoder": ("pixels:4", "missing.onnx"), "no feature": ('"cls"', "[]"),
        "few labels": ("[output]", "[few_labels]\ntries = 0\n[output]"), "no part": ("[output]", "[few_labels]\n[output]"),
        **{f"temperature {value}": ("0.07", value) for value in ["0", "-0.07", "nan", "inf"]},
    }
    for name, change in changes.items():
        pair.write("knn.toml", replaced(CONFIG, *change))
        pair.refuses(name, "eval knn.toml")
        pair.refuses(f"{name}, checked", "eval --check knn.toml")
    pair.write("batch.toml", replaced(CONFIG, "feature =", "batch = 0\nfeature ="))
    pair.check("batch of none", "eval batch.toml", code=None)
    pair.write("good.toml", CONFIG)
    pair.write("bad.toml", CONFIG.replace("k =", "kk ="))
    for line in ["eval good.toml bad.toml", "eval good.toml missing.toml", "eval good.yaml"]:
        pair.refuses(line, line)
    for protocol, data, params in [
        ("linear", 'train = "a"\ntest = "b"', "epoch = 3"), ("logreg", 'train = "a"\ntest = "b"', 'scaling = "big"'),
        ("retrieval", 'ground_truth = "a"', "expand = 0"), ("copydays", 'root = "a"\nblock = "b"', ""),
        ("davis", 'root = "a"', "radii = 3"), ("imagenet9", 'root = "a"', ""), ("tsne", 'points = "a"', "dimensions = 4"),
        ("attention", 'images = "a"', "mass = 2.0"),
    ]:
        pair.write("other.toml", f'protocol = "{protocol}"\n[data]\n{data}\n[params]\n{params}\n[output]\ndir = "out"\n')
        pair.refuses(f"{protocol}", "eval --check other.toml")


def flags(pair):
    images(pair)
    line = "eval knn --encoder pixels:4 --train folder:images --test folder:images --out out"
    for added in ["--k 0", "--k 3,3", "--k x", "--temperature 0", "--temperature=-1", "--feature gem", "--transform blur(3)",
                  "--leave-one-out", "--on-missing ignore", "--shots 0", "--shots 9", "--percent 0", "--percent 101", "--tries 0",
                  "--train-list missing.txt", "--bootstrap-resamples 0", "--expect top1", "--expect map>=1", "--expect top1[k=2]>=0",
                  "--search-mib 0"]:
        pair.check(added, f"{line} {added}", code=None)
    pair.refuses("no train", "eval knn --encoder pixels:4 --test folder:images")
    line = "eval linear --encoder pixels:4 --train folder:images --test folder:images"
    for added in ["--epochs 0", "--learning-rates 0", "--step-images 0", "--momentum 2", "--held-out 1", "--weight-decay=-1",
                  "--random-crops 0", "--start missing.safetensors", "--expect map>=1"]:
        pair.check(f"linear {added}", f"{line} {added}", code=None)
    line = "eval logreg --encoder pixels:4 --train folder:images --test folder:images"
    for added in ["--penalties=-1", "--scaling big", "--tolerance 0", "--max-iterations 0"]:
        pair.check(f"logreg {added}", f"{line} {added}", code=None)


def gates(pair):
    pair.edit(lambda folder: files.embeddings(folder / "set.parquet"))
    for gate, code in [("top1>=1", 0), ("top1[k=3]>=0.5", 0), ("top1<0.5", 1), ("top5>=0", 2), ("top1[k=2]>=0", 2), ("accuracy", 2)]:
        pair.check(gate, f"eval knn --train set.parquet --test set.parquet --k 1,3 --expect {gate}", code=code)


# The cache

def cache(pair):
    images(pair)
    line = "eval knn --encoder pixels:4 --test folder:images --leave-one-out --k 1"
    pair.write("file", "in the way")
    pair.write("cache/v1", "")
    pair.write("cache/lock", "")
    for folder in ["file", "file/cache", "cache"]:
        pair.refuses(folder, f"{line} --cache {folder}")
    for command in ["ls", "prune --all", "prune --dry-run"]:
        pair.refuses(command, f"cache {command} --cache file")
    pair.check("absent", "cache prune --cache absent")
    pair.refuses("home", line, cache=None, env={"HOME": "/dev/null"})
    pair.refuses("XDG", line, cache=None, env={"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"})
    pair.refuses("no home", "cache ls", cache=None, env={"HOME": None})


# Results

def results(pair):
    pair.edit(lambda folder: files.embeddings(folder / "set.parquet"))
    for k in [1, 2]:
        pair.prepare(f"eval knn --test set.parquet --leave-one-out --k {k} --out results --outcomes")
    stems = sorted(path.name.removesuffix(".outcomes.parquet") for path in (pair.old.folder / "results").glob("*.outcomes.parquet"))
    first, second = (f"results/{stem}.parquet" for stem in stems)
    for label, line in [
        ("ls missing", "results ls missing"), ("ls no results", "results ls set.parquet"), ("show without --in", "results show 2"),
        ("show two", "results show 2 --in results"), ("show none", "results show x --in results"),
        ("show a folder", "results show results"),
        ("diff missing", f"results diff {first} missing"), ("diff nothing in common", f"results diff {first} {second}"),
        ("report missing", "report missing"), ("report no results", "report set.parquet"),
        ("report as pdf", f"report {first} --format pdf"),
        ("figure as pdf", f"report {first} --figure f.pdf"), ("curves of results", f"report --curves {first} --figure f.svg"),
    ]:
        pair.refuses(label, line)
    pair.write("empty/readme", "")
    pair.refuses("report empty", "report empty")
    pair.edit(lambda folder: shutil.copy(folder / first, folder / "results/copy.parquet"))
    pair.refuses("one run in two files", f"results show {stems[0]} --in results")
    pair.write("2/note", "")
    pair.refuses("path or run", "results show 2 --in results")
    outcomes = f"results/{stems[0]}.outcomes.parquet"
    line = f"results diff {first} {first}"
    pair.write(outcomes, "no table")
    pair.refuses("outcomes that are none", line)
    for label, unit, value in [("unit twice", "a", 0.0), ("not finite", "b", float("nan"))]:
        names = {name: text_column(["x", "x"]) for name in ["run_id", "metric", "params_sha256"]}
        table(pair, outcomes, {**names, "unit_id": text_column(["a", unit]), "value": pa.array([0.0, value])})
        pair.refuses(label, line)


def runs_of_one_name(pair):
    for sha256 in ["e1", "e2"]:
        rows = [1.0, 0.1, 0.9, 0.0, 0.1, 1.0, 0.0, 0.9]
        columns = {"id": text_column(list("abcd")), "label": labels([0, 0, 1, 1]), "embedding": vectors(2, rows)}
        origin = {"sop.dataset": "set", "sop.dataset_sha256": "d1", "sop.encoder": "vit", "sop.encoder_sha256": sha256}
        table(pair, "set.parquet", columns, origin)
        pair.prepare("eval knn --test set.parquet --leave-one-out --k 1 --out results")
    second = sorted(os.listdir(pair.old.folder / "results"))[1]
    pair.refuses("two encoders", f"results diff results results/{second}")


def schemas_of_results(pair, compat):
    """Results of a later version, and those that lack a column."""
    import pyarrow.parquet as pq
    known = pq.read_table(compat / "results_v2.parquet")
    place = known.schema.get_field_index("schema_version")
    later = known.set_column(place, "schema_version", pa.array([3] * known.num_rows, pa.uint32()))
    for name, changed in [("later", later), ("less", known.drop_columns(["num_samples"]))]:
        pair.edit(lambda folder: pq.write_table(changed, folder / f"{name}.parquet"))
        pair.refuses(name, f"report {name}.parquet")
    pair.write("text.parquet", "no results")
    pair.refuses("text", "report text.parquet")


def verify(pair):
    images(pair)
    pair.edit(lambda folder: files.embeddings(folder / "other.parquet"))
    data = "--data folder:images"
    for label, line in [
        ("two sizes", f"pixels:4 --against pixels:8 {data}"), ("no id on both sides", f"pixels:4 --against other.parquet {data}"),
        ("one image", f"pixels:4 --against pixels:4 {data} --images 1"), ("no image", f"pixels:4 --against pixels:4 {data} --images 0"),
        ("missing encoder", f"pixels:4 --against missing.onnx {data}"), ("missing file", f"pixels:4 --against missing.parquet {data}"),
        ("missing data", "pixels:4 --against pixels:4 --data folder:missing"),
        *[(f"cosine {wrong}", f"pixels:4 --against pixels:4 {data} --min-cosine {wrong}") for wrong in ["2", "nan", "-1.5"]],
    ]:
        pair.refuses(label, f"verify {line}")
    pair.write("images/report.md", "in the way")
    pair.refuses("out below a file", f"verify pixels:4 --against pixels:4 {data} --out images/report.md/x")


# Places that cannot be written to

WRITERS = [
    ("embed --encoder pixels:16 --data folder:images --out OUT", "out.parquet"),
    (f"import vit.safetensors {VIT} --out OUT", "vit.onnx"),
    ("eval knn --test set.parquet --leave-one-out --k 1 --out OUT", "results"),
    ("eval knn --encoder pixels:16 --test folder:images --leave-one-out --k 1 --out OUT", "results"),
    ("report old --table long --out OUT", "table.md"),
    ("report old --figure OUT", "figure.svg"),
]


def outputs(pair):
    images(pair)
    pair.edit(lambda folder: files.embeddings(folder / "set.parquet"))
    pair.write("vit.safetensors", files.safetensors(files.vit(4)))
    pair.prepare("eval knn --test set.parquet --leave-one-out --k 1,2,3 --out old")
    pair.write("file", "in the way")
    for line, name in WRITERS:
        label = " ".join(line.split()[:3])
        pair.refuses(f"{label} below a file", line.replace("OUT", f"file/{name}"))
        pair.refuses(f"{label} on a full disk", line.replace("OUT", f"new/{name}"), before=FULL_DISK)
        if name != "results":
            pair.edit(lambda folder: (folder / name).mkdir(exist_ok=True))
            pair.refuses(f"{label} over a folder", line.replace("OUT", name))
            pair.edit(lambda folder: (folder / name).rmdir())
    for line in ["data generate --train 2 --test 2 --size 32 --out file/data", "demo --out file/demo"]:
        pair.refuses(line, line)


# Pre-training

def pretraining(pair):
    pair.prepare("data generate --out data --train 48 --test 20 --size 32")
    pair.write("config.toml", PRETRAIN)
    objective = "[objective]"
    for label, old, new in [
        ("large batch", "batch = 16", "batch = 100"), ("batchs", "batch = 16", "batchs = 16"),
        ("small memory", "memory = 64, anchors = 8", "memory = 8, anchors = 8"), ("byol", objective, f'{objective}\nmethod = "byol"'),
        ("ibot with a memory", objective, f'{objective}\nmethod = "ibot"'), ("size of views", "global.size = 32", "global.size = 30"),
        ("size of local views", "size = 16, count", "size = 4, count"), ("heads", "heads = 3", "heads = 5"),
        ("precision", "batch = 16", 'batch = 16\nprecision = "f8"'), ("arch", 'arch = "vit"', 'arch = "resnet"'),
        ("missing data", "folder:data/train", "folder:nowhere"), ("no labels", "folder:data/test", "tar:lonely.tar"),
    ]:
        pair.write("lonely.tar", files.tar_of([("lonely.png", png(32, 1))]))
        pair.write("wrong.toml", replaced(PRETRAIN, old, new))
        pair.refuses(label, "pretrain wrong.toml --out refused")
    pair.prepare("pretrain config.toml --out run")
    pair.write("other.toml", PRETRAIN.replace("epochs = 6", "epochs = 7"))
    whole = (pair.old.folder / "run/last.safetensors").read_bytes()
    pair.write("half.safetensors", whole[:len(whole) // 2])
    for label, line in [
        ("absent", "pretrain absent.toml"), ("curves of a config", "report --curves config.toml --figure curves.svg"),
        ("no CUDA", "pretrain config.toml --out refused --device cuda"), ("two devices", "pretrain config.toml --out refused --devices 2"),
        ("resume nothing", "pretrain config.toml --out nothing --resume"), ("over a run", "pretrain config.toml --out run"),
        ("other config", "pretrain other.toml --out run --resume"), ("export half", "export half.safetensors --out e.onnx"),
        ("export without a config", "export untrained --config absent.toml --out e.onnx"),
        ("export a config", "export config.toml --out e.onnx"), ("export with a seed", "export run/last.safetensors --seed 3 --out e.onnx"),
        ("export an unknown arch", "export untrained --arch resnet50 --out e.onnx"),
        ("export odd patches", "export untrained --arch vit_tiny --patch-size 15 --image-size 224 --out e.onnx"),
    ]:
        pair.refuses(label, line)
    pair.edit(lambda folder: shutil.copy(folder / "half.safetensors", folder / "run/last.safetensors"))
    pair.refuses("resume half", "pretrain config.toml --out run --resume")
    pair.write("diverging.toml", PRETRAIN.replace("batch = 16", "batch = 16\nlearning_rate = 1e30\nclip = 0.0"))
    pair.refuses("infinite loss", "pretrain diverging.toml --out diverged")
    pair.refuses("full disk", "pretrain config.toml --out full", before="trap '' XFSZ; ulimit -f 128")


def collapse(pair):
    """Images of one colour: the teacher's target is the same for all."""
    for image in range(48):
        pair.write(f"data/train/grey/{image}.ppm", b"P6 32 32 255\n" + bytes([100]) * (3 * 32 * 32))
    views = "views = { jitter.probability = 0.0, global = { size = 32, solarize = [0.0, 0.0] }, local"
    config = replaced(PRETRAIN.split("[evaluation]")[0], "views = { global.size = 32, local", views)
    pair.write("config.toml", config + "[monitor]\nstop_after = 4\nwindow = 2\n")
    pair.refuses("stopped", "pretrain config.toml --out run")


# Protocols

VIDEO = "davis/Annotations/480p/cross-01"
FOLLOW = "eval davis --root davis --sequences cross-01 --short-side 64 --encoder vit.onnx"


def videos(pair):
    imported(pair, 1, "vit.onnx")
    pair.prepare("data generate --layout davis --out davis --count 2 --size 32")
    first = f"{VIDEO}/00000.png"
    whole = (pair.old.folder / first).read_bytes()
    width, height = struct.unpack(">II", whole[16:24])
    small = files.mask(width, height, lambda y, x: 2 if (y, x) == (1, 1) else int(8 <= y < 24 and 8 <= x < 30))
    pair.write(first, small)
    pair.check("object without a token", f"{FOLLOW} --json")
    pair.write(first, files.mask(width, height, lambda y, x: 0 if y < 8 else 255))
    pair.refuses("no objects", FOLLOW)
    pair.write(first, files.mask(16, 16, lambda y, x: 1))
    pair.refuses("another size", FOLLOW)
    pair.write(first, whole)
    pair.refuses("no patches", "eval davis --root davis --sequences arrow-00 --encoder pixels:4")
    pair.refuses("no such sequence", f"{FOLLOW},cow-02")
    pair.refuses("no such split", "eval davis --root davis --split test --encoder vit.onnx")
    pair.refuses("no encoder", "eval davis --root davis")
    for name, stated in [("unknown", None), ("wrong", 4)]:
        pair.write(f"{name}.onnx", models.patch_means(16, stated))
        line = f"eval davis --root davis --sequences cross-01 --short-side 128 --encoder {name}.onnx"
        pair.refuses(f"{name} patch size", line)
    pair.edit(lambda folder: (folder / VIDEO / "00007.png").unlink())
    pair.refuses("missing mask", FOLLOW)


def masks(pair):
    """Masks of another program."""
    square = lambda y, x: int(3 <= y < 9 and 3 <= x < 9)
    pair.write("davis/ImageSets/2017/val.txt", "cow\npig")
    truth = "davis/Annotations/480p"
    for sequence in ["cow", "pig"]:
        for frame in range(5):
            pair.write(f"davis/JPEGImages/480p/{sequence}/{frame:05}.jpg", "")
            for folder in [truth, "results"]:
                pair.write(f"{folder}/{sequence}/{frame:05}.png", files.mask(12, 12, square))
    score = "eval davis --root davis --results results"

    def relabel(folder, change):
        for frame in range(5):
            pair.write(f"{folder}/{frame:05}.png", files.mask(12, 12, lambda y, x: change(square(y, x))))

    pair.check("good", f"{score} --json")
    relabel(f"{truth}/pig", lambda label: 255 * label)
    pair.refuses("of 2016", score)
    pair.refuses("of 2016 alone", f"{score} --sequences pig")
    pair.refuses("one twice", f"{score} --sequences cow,cow")
    relabel("results/cow", lambda label: 255 * label)
    pair.refuses("results of 2016", f"{score} --sequences cow")
    relabel(f"{truth}/cow", lambda label: 2 * label)
    relabel("results/cow", lambda label: 0)
    pair.check("object that no frame shows", f"{score} --sequences cow --json")
    for frame in range(2, 5):
        pair.edit(lambda folder: (folder / f"davis/JPEGImages/480p/pig/{frame:05}.jpg").unlink())
    pair.refuses("annotations without frames", score)
    for frame in range(2, 5):
        pair.edit(lambda folder: (folder / f"{truth}/pig/{frame:05}.png").unlink())
    pair.refuses("two frames", score)
    pair.edit(lambda folder: (folder / "results/cow/00003.png").unlink())
    pair.refuses("missing result", f"{score} --sequences cow")


def ground_truth(names, gnd):
    return json.dumps({"imlist": names, "qimlist": ["p", "q"], "gnd": gnd})


def query(easy, junk=()):
    return {"bbx": [0.0, 0.0, 1.0, 1.0], "easy": list(easy), "hard": [], "junk": list(junk)}


def names_of_descriptors(pair):
    def descriptors(name, rows):
        values = [value for _, vector in rows for value in vector]
        embedding_table(pair, name, [name for name, _ in rows], [0] * len(rows), values)

    line = "eval retrieval --ground-truth gnd.json --queries q.parquet --database db.parquet"
    truth = lambda names: pair.write("gnd.json", ground_truth(names, [query([0]), query([2])]))
    truth(list("XYZW"))
    descriptors("q.parquet", [("p", [1.0, 0.0]), ("q", [0.0, 1.0])])
    others = [("Y", [0.6, 0.6]), ("Z", [0.1, 1.0]), ("W", [0.5, 0.5])]
    right, wrong = ("old/X.jpg", [1.0, 0.1]), ("new/X.jpg", [-1.0, 0.1])
    descriptors("db.parquet", [right, *others])
    pair.check("by the last name", f"{line} --json")
    descriptors("db.parquet", [right, wrong, *others])
    pair.refuses("two of one name", line)
    for twin in ["X.png", "a/X", "X.2"]:
        descriptors("db.parquet", [right, (twin, [-1.0, 0.1]), *others])
        pair.refuses(f"twin {twin}", line)
    descriptors("db.parquet", [("X", [1.0, 0.1]), *others])
    truth(["X.jpg", "X.png", "Z", "W"])
    pair.refuses("names with endings", line)
    truth(list("XYZW"))
    descriptors("q.parquet", [("1/p.jpg", [1.0, 0.0]), ("2/p.jpg", [0.0, 1.0]), ("q", [0.0, 1.0])])
    pair.refuses("query of one name", line)
    pair.write("ranks.npy", files.npy([[0, 1], [2, 3]]))
    ranking = "eval retrieval --ground-truth gnd.json --ranking ranks.npy"
    pair.refuses("square ranking", ranking)
    pair.write("ranks.npy", files.npy([[1, 1], [0, 2]]))
    pair.check("square ranking that lies one way", f"{ranking} --json")
    origin = {"sop.encoder": "vit", "sop.encoder_sha256": "e1", "sop.feature": "cls", "sop.transform": "t1"}
    rows = [1.0, 0.1, 0.6, 0.6, 0.1, 1.0, 0.5, 0.5]
    database = lambda name, origin: embedding_table(pair, name, list("XYZW"), [0] * 4, rows, origin)
    embedding_table(pair, "q.parquet", ["p", "q"], [0, 0], rows[:4], origin)
    for key, value in [("sop.encoder_sha256", "e2"), ("sop.feature", "gem(4)"), ("sop.transform", "t2")]:
        database("db.parquet", {**origin, key: value})
        pair.refuses(f"{key} differs", line)
        database("db.parquet", origin)
        database("w.parquet", {**origin, key: value})
        pair.refuses(f"{key} of the whitening set differs", f"{line} --whitening-set w.parquet")


def real_names_of_descriptors(pair, shared):
    faults = shared / "faults/retrieval"
    line = f"--queries {faults}/q.parquet --database {faults}/db_dup.parquet"
    pair.refuses("doubled names", f"eval retrieval --ground-truth {faults}/gnd_small.json {line}")
    pair.check("pickle of numpy", f"eval retrieval --ground-truth {faults}/ground_truth_numpy.pkl {line}", code=None)


def rankings(pair):
    pair.write("gnd.json", ground_truth(list("abc"), [query([1], [2]), query([], [2])]))
    line = "eval retrieval --ground-truth gnd.json --ranking ranks.npy"
    pair.write("ranks.npy", files.npy([[2, 0], [1, 1], [0, 2]]))
    pair.check("query without positives", f"{line} --json")
    pair.write("ranks.npy", files.npy([[3, 0], [1, 1], [0, 2]]))
    pair.refuses("index out of range", line)
    pair.write("ranks.npy", files.npy([[2, 0, 1, 0], [1, 1, 1, 1], [0, 2, 2, 2]]))
    pair.refuses("other number of queries", line)
    pair.refuses("no ranking", "eval retrieval --ground-truth gnd.json --ranking gnd.json")
    pair.refuses("nothing to rank", "eval retrieval --ground-truth gnd.json")
    pair.write("gnd.json", ground_truth(list("abc"), [query([], [2]), query([], [2])]))
    pair.write("ranks.npy", files.npy([[2, 0], [1, 1], [0, 2]]))
    pair.refuses("no value", line)
    for name, text in [("no object", "[1]"), ("no JSON", "{"), ("no gnd", '{"imlist": ["a"], "qimlist": ["p"]}'),
                       ("index beyond", ground_truth(list("abc"), [query([7]), query([0])]))]:
        pair.write("gnd.json", text)
        pair.refuses(name, line)


def landmarks(pair):
    imported(pair, 1, "vit.onnx")
    pair.prepare("data generate --layout revisited --out set --count 2 --size 32")
    line = "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder pixels:4"
    image = (pair.old.folder / "set/jpg/landmark00_0003.jpg").read_bytes()
    pair.write("set/jpg/landmark00_0003.png", image)
    pair.refuses("two files of one name", line)
    for name in ["landmark00_0003.png", "landmark00_0003.jpg", "other01_0002.jpg"]:
        pair.edit(lambda folder: (folder / "set/jpg" / name).unlink())
    pair.refuses("missing images", line.replace("pixels:4", "vit.onnx"))
    pair.write("evil.pkl", b"cposix\nsystem\n(S'touch hacked'\ntR.")
    pair.refuses("pickle that calls", line.replace("set/gnd_generated.json", "evil.pkl"))
    pair.refuses("missing truth", line.replace("set/gnd_generated.json", "missing.pkl"))
    pair.refuses("no truth named", "embed --encoder vit.onnx --data revisited:set/jpg#part=queries --out x.parquet")


def copies(pair):
    pair.prepare("data generate --layout copydays --out copies --count 2 --size 32")
    line = "eval copydays --root copies --encoder pixels:4 --feature cls"
    strong = (pair.old.folder / "copies/strong/200001.jpg").read_bytes()
    pair.refuses("unknown block", f"{line} --blocks weak")
    pair.refuses("missing root", "eval copydays --root nowhere --encoder pixels:4")
    pair.refuses("no patches", "eval copydays --root copies --encoder pixels:4")
    pair.write("copies/strong/200001.png", strong)
    pair.refuses("one number twice", line)
    pair.edit(lambda folder: (folder / "copies/strong/200001.png").unlink())
    pair.write("copies/strong/300001.jpg", strong)
    pair.refuses("copy of no image", line)
    pair.edit(lambda folder: (folder / "copies/strong/300001.jpg").unlink())
    pair.write("copies/original/200000.jpg", "damaged")
    pair.refuses("damaged original", line)
    pair.refuses("damaged original, skipped", f"{line} --blocks strong --on-missing skip")


def heads(pair):
    imported(pair, 1, "vit.onnx")
    pair.prepare("data generate --layout imagenet9 --out in9 --count 2 --size 32")
    probe = "eval linear --train folder:in9/train --test folder:in9/original/val --epochs 2 --step-images 16"
    pair.prepare(f"{probe} --encoder pixels:4 --save-head head.safetensors")
    line = "eval imagenet9 --root in9 --encoder pixels:4"
    pair.refuses("another encoder", "eval imagenet9 --root in9 --encoder pixels:8 --head head.safetensors")
    for name, mapping in [("unknown class", '{"0": 3, "99": 1}'), ("unknown target", '{"0": 12}'), ("missing classes", '{"0": 3}'),
                          ("text", "no")]:
        pair.write("map.json", mapping)
        pair.refuses(f"mapping with {name}", f"{line} --head head.safetensors --mapping map.json")
    pair.refuses("absent head", f"{line} --head absent.safetensors")
    pair.refuses("unknown variant", f"{line} --head head.safetensors --variants mixed_all")
    pair.write("bad.safetensors", files.safetensors(files.vit(1)))
    pair.refuses("no head", f"{line} --head bad.safetensors")
    at = lambda side: f"resize_exact({side},{side},bicubic)|normalize(imagenet)"
    pair.prepare(f"{probe} --encoder vit.onnx --transform {at(16)} --save-head 16.safetensors")
    line = "eval imagenet9 --root in9 --encoder vit.onnx --variants original --head 16.safetensors"
    pair.refuses("another transform", f"{line} --transform {at(32)}")
    pair.refuses("images as they are", line)
    pair.refuses("another normalisation", f"{line} --transform normalize(none)")
    for folder in ["train", "original/val"]:
        pair.edit(lambda side: (side / "in9" / folder / "00_arrow").rename(side / "in9" / folder / "00_dart"))
    line = "eval imagenet9 --root in9 --encoder pixels:4 --head head.safetensors --variants"
    pair.refuses("other class names", f"{line} original")
    pair.refuses("variants of other classes", f"{line} original,only_fg")


def real_heads(pair, shared):
    root = shared / "faults/imagenet9"
    line = (f"eval imagenet9 --root {root} --head {root}/head_other_order.safetensors --encoder pixels:16 --variants original "
            "--transform resize_exact(16,16,bicubic)|normalize(imagenet)")
    pair.refuses("other order", line)
    pair.check("mapping", f"{line} --mapping {root}/right_mapping.json --json")


def real_masks(pair, shared):
    line = f"eval davis --root {shared}/faults/davis/truth --results {shared}/faults/davis/masks"
    pair.refuses("of 2016", line)
    pair.check("cow", f"{line} --sequences cow --json")


def points(pair):
    def same(count):
        embedding_table(pair, "points.parquet", [str(row) for row in range(count)], [0] * count, [0.5] * 2 * count)

    line = "eval tsne --points points.parquet --perplexity 10 --iterations 250"
    same(40)
    pair.check("all the same", f"{line} --json")
    for added in ["--dimensions 4", "--init zeros", "--iterations 0", "--perplexity 80", "--count 3"]:
        pair.check(added, f"{line} {added}", code=None)
    same(8)
    pair.refuses("too few", line)
    pair.refuses("attention of pixels", "eval attention --images folder:missing --encoder pixels:4")


SCENES = [
    typed, data_sets, numbers_of_classes, generate, one_bad_image, several_bad_images, twins, left_out, negative_labels, embedding_files,
    embedding_files_that_are_none, embedding_parts, encoders, checkpoints, configs, flags, gates, cache, results, runs_of_one_name, verify,
    outputs, pretraining, collapse, videos, masks, names_of_descriptors, rankings, landmarks, copies, heads, points,
]
WITH_FIXTURES = [other_settings_of_parts, damaged_encoders, descriptions]
WITH_COMPAT = [schemas_of_results]
WITH_SHARED = [missing_parts_of_real_sets, real_encoders, real_checkpoints, real_names_of_descriptors, real_heads, real_masks]
