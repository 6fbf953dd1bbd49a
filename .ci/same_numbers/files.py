"""Small input files written by hand: images, data sets in their layouts, weights, tables. The same bytes on every call."""

import gzip
import io
import json
import pathlib
import random
import struct
import tarfile
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq


def write(path, content):
    """Writes a file; the folders above it are made."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


# Images

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width, height, depth, colour, rows, palette=b""):
    """A PNG of unfiltered rows."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    palette = chunk(b"PLTE", palette) if palette else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pattern(length, seed):
    return bytes((index * 7 + seed * 31) % 251 for index in range(length))


def png(side, seed):
    """An RGB PNG, different for every seed."""
    pixels = pattern(side * side * 3, seed)
    return png_of(side, side, 8, 2, [pixels[y * side * 3:(y + 1) * side * 3] for y in range(side)])


def png_bomb(side):
    """A PNG whose header promises far more pixels than its data hold."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"\x78\x9c\x03\x00\x00\x00\x00\x01"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def mask(width, height, label):
    """A palette PNG as DAVIS has them; `label` gives the object at a place."""
    def colour(index):
        found = [0, 0, 0]
        for bit in range(8):
            found[bit % 3] |= (index >> bit & 1) << (7 - bit // 3)
        return bytes(found)
    rows = [bytes(label(y, x) for x in range(width)) for y in range(height)]
    return png_of(width, height, 8, 3, rows, b"".join(colour(index) for index in range(256)))


def bmp(width, height, seed):
    """24 bits, from the bottom up."""
    stride = (3 * width + 3) // 4 * 4
    pixels = pattern(stride * height, seed)
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + len(pixels), 0, 0, 54, 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    return header + pixels


def bmp_palette(width, height, seed):
    """8 bits with a palette, from the top down."""
    stride = (width + 3) // 4 * 4
    palette = b"".join(bytes([index, 255 - index, index * 3 % 256, 0]) for index in range(256))
    pixels = pattern(stride * height, seed)
    start = 54 + len(palette)
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", start + len(pixels), 0, 0, start, 40, width, -height, 1, 8, 0, 0, 0, 0, 256, 0)
    return header + palette + pixels


def gif(width, height, seed):
    """Codes of eight bits: the table is cleared before they would grow."""
    palette = b"".join(bytes([index * 2, 255 - index, index * 5 % 256]) for index in range(128))
    codes = bytearray()
    for index in range(width * height):
        if index % 100 == 0:
            codes.append(128)
        codes.append((index * 5 + seed) % 128)
    codes.append(129)
    blocks = b"".join(bytes([len(codes[at:at + 255])]) + bytes(codes[at:at + 255]) for at in range(0, len(codes), 255))
    screen = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0xF6, 0, 0)
    return screen + palette + struct.pack("<BHHHHBB", 0x2C, 0, 0, width, height, 0, 7) + blocks + b"\0;"


# One pixel each: lossy and lossless.
WEBP = bytes.fromhex("52494646220000005745425056503820160000003001009d012a0100010" + "00ec0fe25a400037000000000")
WEBP_LOSSLESS = bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700")


def formats():
    """An image of every format that can be written by hand, by name."""
    grey = pattern(20 * 14, 3)
    rgba = pattern(20 * 14 * 4, 4)
    deep = pattern(20 * 14 * 6, 5)
    pixels = pattern(20 * 14 * 3, 6)
    rows = lambda data: [data[at:at + len(data) // 14] for at in range(0, len(data), len(data) // 14)]
    return {
        "grey.png": png_of(20, 14, 8, 0, rows(grey)),
        "rgba.png": png_of(20, 14, 8, 6, rows(rgba)),
        "deep.png": png_of(20, 14, 16, 2, rows(deep)),
        "palette.png": mask(20, 14, lambda y, x: (7 * y + x) % 256),
        "rgb.png": png(20, 7),
        "rgb.bmp": bmp(19, 13, 8),
        "palette.bmp": bmp_palette(19, 13, 9),
        "one.gif": gif(21, 12, 10),
        "rgb.ppm": b"P6 20 14 255\n" + pixels,
        "grey.pgm": b"P5 20 14 255\n" + grey,
        "bits.pbm": b"P4 16 14\n" + pattern(28, 11),
        "text.ppm": b"P3 2 2 7\n" + b"1 2 3 4 5 6 7 0 1 2 3 4\n",
        "lossy.webp": WEBP,
        "lossless.webp": WEBP_LOSSLESS,
    }


# Data sets

def cifar(folder, seed):
    """CIFAR-10 and CIFAR-100 in their binary versions."""
    draw = random.Random(seed)
    for name in [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]:
        records = b"".join(bytes([draw.randrange(10)]) + draw.randbytes(3072) for _ in range(4))
        write(folder / f"cifar10/{name}.bin", records)
    write(folder / "cifar10/batches.meta.txt", "".join(f"class {index}\n" for index in range(10)))
    for name in ["train", "test"]:
        records = b"".join(bytes([draw.randrange(20), draw.randrange(100)]) + draw.randbytes(3072) for _ in range(5))
        write(folder / f"cifar100/{name}.bin", records)
    write(folder / "cifar100/fine_label_names.txt", "".join(f"fine {index}\n" for index in range(100)))
    write(folder / "cifar100/coarse_label_names.txt", "".join(f"coarse {index}\n" for index in range(20)))


def mnist(folder, seed):
    """Two splits of idx files, plain and gzip."""
    draw = random.Random(seed)
    for split, count in [("train", 6), ("t10k", 4)]:
        images = struct.pack(">4I", 0x803, count, 9, 11) + draw.randbytes(count * 99)
        labels = struct.pack(">2I", 0x801, count) + bytes(draw.randrange(10) for _ in range(count))
        for kind, content in [("images-idx3", images), ("labels-idx1", labels)]:
            write(folder / f"mnist/{split}-{kind}-ubyte", content)
            write(folder / f"mnist-gz/{split}-{kind}-ubyte.gz", gzip.compress(content, mtime=0))


def tar_of(members):
    """A tar file of names and contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def shards(folder):
    """Two shards of a WebDataset with two kinds of labels."""
    for shard in range(2):
        members = []
        for index in range(3):
            label = json.dumps({"label": index + shard, "other": index}).encode()
            members += [(f"{shard}{index}.png", png(9, index + 10 * shard)), (f"{shard}{index}.cls", b"%d" % index),
                        (f"{shard}{index}.json", label)]
        write(folder / f"shards/t-{shard}.tar", tar_of(members))
    write(folder / "shards.txt", "ant\nbee\ncat\ndog\n")


def image_folder(folder):
    """`images/ant/{0,1}.png` and `images/bee/{0,1}.png`."""
    for name, first in [("ant", 0), ("bee", 10)]:
        for number in range(2):
            write(folder / f"images/{name}/{number}.png", png(16, first + number))


# Weights

def values(name, count, scale):
    """Reproducible weights of a tensor."""
    state = 7
    for byte in name.encode():
        state = (state * 31 + byte) % 2**64
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield ((state >> 40) / 2**23 - 1.0) * scale


def product(shape):
    found = 1
    for side in shape:
        found *= side
    return found


def vit(depth, dim=12, patch=8, image=32):
    """Tensors of a small ViT in the published names: shape and bytes."""
    tensors = {}

    def put(name, shape, scale):
        count = product(shape)
        tensors[name] = (shape, struct.pack(f"<{count}f", *values(name, count, scale)))

    def norm(name):
        tensors[f"{name}.weight"] = ([dim], struct.pack("<f", 1.0) * dim)
        tensors[f"{name}.bias"] = ([dim], bytes(4 * dim))

    put("cls_token", [1, 1, dim], 0.5)
    put("pos_embed", [1, 1 + (image // patch)**2, dim], 0.5)
    put("patch_embed.proj.weight", [dim, 3, patch, patch], 0.2)
    put("patch_embed.proj.bias", [dim], 0.2)
    for block in range(depth):
        for name, outputs, inputs in [("attn.qkv", 3 * dim, dim), ("attn.proj", dim, dim), ("mlp.fc1", 4 * dim, dim),
                                      ("mlp.fc2", dim, 4 * dim)]:
            put(f"blocks.{block}.{name}.weight", [outputs, inputs], 0.3)
            put(f"blocks.{block}.{name}.bias", [outputs], 0.1)
        norm(f"blocks.{block}.norm1")
        norm(f"blocks.{block}.norm2")
    norm("norm")
    return tensors


def under(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


def without(name, tensors):
    return {known: tensor for known, tensor in tensors.items() if known != name}


def filled(name, value, tensors):
    """Every element of a tensor is `value`."""
    shape, _ = tensors[name]
    return {**tensors, name: (shape, struct.pack("<f", value) * product(shape))}


def with_element(name, index, value, tensors):
    shape, data = tensors[name]
    return {**tensors, name: (shape, data[:4 * index] + struct.pack("<f", value) + data[4 * index + 4:])}


def typed(name, dtype, size, byte, tensors):
    """A tensor of another type, the same byte everywhere."""
    shape, _ = tensors[name]
    return {**tensors, name: (shape, bytes([byte]) * size * product(shape), dtype)}


def safetensors(tensors, texts=None):
    """The bytes of a `.safetensors` file; a tensor of two entries is `f32`."""
    header, place = {}, 0
    if texts:
        header["__metadata__"] = texts
    for name, (shape, data, *dtype) in sorted(tensors.items()):
        header[name] = {"dtype": dtype[0] if dtype else "F32", "shape": shape, "data_offsets": [place, place + len(data)]}
        place += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensor[1] for _, tensor in sorted(tensors.items()))


def torch_zip(tensors):
    """The file that `torch.save` writes of a dictionary of tensors; the pickle is written opcode by opcode."""
    def text(value):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()

    def number(value):
        return b"J" + struct.pack("<i", value)

    pickle, files = [b"\x80\x02}("], {}
    for key, (name, (shape, data)) in enumerate(tensors.items()):
        strides = [product(shape[axis + 1:]) for axis in range(len(shape))]
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(key)) + text("cpu") + number(len(data) // 4) + b"tQ"
        sizes = b"".join(b"(" + b"".join(map(number, numbers)) + b"t" for numbers in [shape, strides])
        pickle.append(text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + sizes)
        pickle.append(b"\x89ccollections\nOrderedDict\n)RtR")
        files[f"model/data/{key}"] = data
    pickle.append(b"u.")
    return zip_of({"model/data.pkl": b"".join(pickle), "model/byteorder": b"little", **files, "model/version": b"3\n"})


def zip_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


# Tables

def npy(rows):
    """A ranking of 64-bit numbers as numpy stores it."""
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust((len(header) + 11 + 63) // 64 * 64 - 11) + "\n"
    data = b"".join(struct.pack(f"<{len(row)}q", *row) for row in rows)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def text_column(values):
    return pa.array(values, pa.string())


def labels(values):
    return pa.array(values, pa.int32())


def vectors(dim, values, kind=None):
    """A column of vectors of fixed length; `values` are the rows one after another."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values, kind or pa.float32()), dim)


def parquet(path, columns, metadata=None):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="none")


def embeddings(path):
    """Four embeddings of two components: label 0 along the first axis, label 1 along the second."""
    rows = [1.0, 0.1, 0.9, 0.0, 0.1, 1.0, 0.0, 0.9]
    parquet(path, {"id": text_column(list("abcd")), "label": labels([0, 0, 1, 1]), "embedding": vectors(2, rows)})


def corners(path, name, count):
    """Embeddings of three classes around the corners of a triangle."""
    rows = [float(image % 3 == axis) + 0.01 * ((image * 7 + axis * 3) % 11) for image in range(count) for axis in range(4)]
    columns = {"id": text_column([f"{name}{image}" for image in range(count)]),
               "label": labels([image % 3 for image in range(count)]), "embedding": vectors(4, rows)}
    parquet(path, columns)
