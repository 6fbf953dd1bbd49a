"""ONNX files that are not made by the program's own exporter, written as protobuf by hand."""

import struct

FLOAT, INT64 = 1, 7


def varint(number):
    found = bytearray()
    number %= 2**64
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def number(field, value):
    return varint(field << 3) + varint(value)


def content(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


class Graph:
    """Nodes, weights, inputs and outputs; every method gives the name of a value."""

    def __init__(self, name):
        self.parts, self.name, self.count = [], name, 0

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def value(self, name, kind, dims):
        shape = b"".join(content(1, number(1, dim) if isinstance(dim, int) else content(2, dim)) for dim in dims)
        return content(1, name) + content(2, content(1, number(1, kind) + content(2, shape)))

    def input(self, dims, name="image"):
        self.parts.append(content(11, self.value(name, FLOAT, dims)))
        return name

    def output(self, name, of, dims):
        self.node("Identity", [of], outputs=[name])
        self.parts.append(content(12, self.value(name, FLOAT, dims)))

    def weight(self, kind, shape, values):
        name = self.fresh()
        data = struct.pack(f"<{len(values)}{'f' if kind == FLOAT else 'q'}", *values)
        dims = b"".join(number(1, side) for side in shape)
        self.parts.append(content(5, dims + number(2, kind) + content(8, name) + content(9, data)))
        return name

    def scalar(self, value):
        return self.weight(FLOAT, [], [value])

    def ints(self, values):
        return self.weight(INT64, [len(values)], values)

    def node(self, kind, inputs, outputs=None, **attributes):
        outputs = outputs or [self.fresh()]
        parts = [content(1, name) for name in inputs] + [content(2, name) for name in outputs] + [content(4, kind)]
        for name, value in attributes.items():
            if isinstance(value, int):
                parts.append(content(5, content(1, name) + number(3, value) + number(20, 2)))
            else:
                parts.append(content(5, content(1, name) + b"".join(number(8, one) for one in value) + number(20, 7)))
        self.parts.append(content(1, b"".join(parts)))
        return outputs[0]

    def file(self, **metadata):
        graph = b"".join(self.parts) + content(2, self.name)
        texts = b"".join(content(14, content(1, key) + content(2, value)) for key, value in metadata.items())
        return number(1, 8) + content(2, "test") + content(7, graph) + content(8, number(2, 17)) + texts


ANY = ["batch", 3, "height", "width"]


def mean_squared(scale):
    """The image's mean times `scale`, squared, as both `cls` and `patches`."""
    graph = Graph("mean")
    mean = graph.node("ReduceMean", [graph.input(ANY)], axes=[1, 2, 3], keepdims=1)
    scaled = graph.node("Mul", [mean, graph.scalar(scale)])
    squared = graph.node("Mul", [scaled, scaled])
    graph.output("cls", graph.node("Reshape", [squared, graph.ints([0, 1])]), ["batch", 1])
    graph.output("patches", graph.node("Reshape", [squared, graph.ints([0, 1, 1])]), ["batch", 1, 1])
    return graph.file(transform="resize_exact(8,8,bicubic)|normalize(imagenet)")


def pooled(graph, image, side, stated):
    """The means of the channels over patches of `side` pixels and over all of them, as outputs."""
    means = graph.node("AveragePool", [image], kernel_shape=[side, side], strides=[side, side])
    rows = graph.node("Reshape", [means, graph.ints([0, 3, -1])])
    patches = graph.node("Transpose", [rows], perm=[0, 2, 1])
    graph.output("cls", graph.node("ReduceMean", [patches], axes=[1], keepdims=0), ["batch", 3])
    graph.output("patches", patches, ["batch", "tokens", 3])
    stated = {} if stated is None else {"patch_size": str(stated)}
    return graph.file(transform="resize_exact(16,16,bicubic)|normalize(imagenet)", **stated)


def depends_on_batch(images=None):
    """Takes half of the batch's mean off every image, as a model exported in training mode does."""
    graph = Graph("batch")
    image = graph.input([images or "batch", 3, "height", "width"])
    half = graph.node("Mul", [graph.node("ReduceMean", [image], axes=[0]), graph.scalar(0.5)])
    return pooled(graph, graph.node("Sub", [image, half]), 8, None)


def patch_means(side, stated=None):
    graph = Graph("patches")
    return pooled(graph, graph.input(ANY), side, stated)


def last_hidden_state():
    """The one output that many exporters write."""
    graph = Graph("foreign")
    graph.output("last_hidden_state", graph.node("Flatten", [graph.input(ANY)], axis=1), ["batch", "components"])
    return graph.file()


def table_row(index):
    """Takes row `index` of a table of three rows for every image."""
    graph = Graph("table")
    mean = graph.node("ReduceMean", [graph.input(ANY)], axes=[1, 2, 3], keepdims=1)
    mean = graph.node("Reshape", [mean, graph.ints([0, 1])])
    row = graph.node("Gather", [graph.weight(FLOAT, [3, 1], [1.0, 2.0, 3.0]), graph.ints([index])])
    cls = graph.node("Mul", [mean, row])
    graph.output("cls", cls, ["batch", 1])
    graph.output("patches", graph.node("Reshape", [cls, graph.ints([0, 1, 1])]), ["batch", 1, 1])
    return graph.file(transform="resize_exact(8,8,bicubic)|normalize(imagenet)")


def fixed_size():
    """For images of 8 x 8 pixels only, but recommends 16 x 16."""
    graph = Graph("fixed")
    image = graph.input(["batch", 3, 8, 8])
    graph.output("cls", graph.node("Reshape", [image, graph.ints([0, 192])]), ["batch", 192])
    graph.output("patches", graph.node("Reshape", [image, graph.ints([0, 1, 192])]), ["batch", 1, 192])
    return graph.file(transform="resize_exact(16,16,bicubic)|normalize(imagenet)")


def with_external_weight(model):
    """The model with one more weight that lies in the file `weights.bin`."""
    location = content(1, "location") + content(2, "weights.bin")
    tensor = number(1, 4) + number(2, FLOAT) + content(8, "w") + content(13, location) + number(14, 1)
    return model + content(7, content(5, tensor))
