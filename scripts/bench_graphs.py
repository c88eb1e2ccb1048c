#!/usr/bin/env python3
"""Measures listing ONNX files and SavedModels beside the tools of their makers.

Run it with a Python that has onnx, polygraphy and tensorflow; what is missing
is left out, by name. Makes its data once, in --data: a convolutional network
of 45 MiB; a graph of 100,000 initializers; a graph of 1 GiB external data; one
file of 2.3 GiB, more than protobuf's own library reads; a SavedModel of 24
convolutions. The values of the two large ones are holes in their files, which
a reader of values would find to be zeros. Whole processes, the files in the
page cache, each round runs every contender once:

- tsinspect params FILE;
- an empty C process;
- onnx.load(load_external_data=False), which prints each initializer's name,
  type and shape;
- polygraphy inspect model;
- saved_model_cli show --all.

The two that read ONNX with protobuf's library fail on the file of 2.3 GiB: what
is measured there is how long that takes them.
"""
import importlib.util
import os
import pathlib
import sys

from bench import Process, measure, options_of, report

PRINT_ONNX = """
import onnx, sys
model = onnx.load(sys.argv[1], load_external_data=False)
for tensor in model.graph.initializer:
    print(tensor.name, onnx.TensorProto.DataType.Name(tensor.data_type),
          list(tensor.dims))
"""
FLOAT = 1


# The data.

def varint(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, payload):
    """A field of bytes; of an int, its tag and length alone."""
    length = payload if isinstance(payload, int) else len(payload)
    tail = b"" if isinstance(payload, int) else payload
    return varint(number << 3 | 2) + varint(length) + tail


def tensor(name, shape, **external):
    from onnx import TensorProto
    result = TensorProto(name=name, data_type=FLOAT, dims=shape)
    for key, value in external.items():
        result.data_location = TensorProto.EXTERNAL
        result.external_data.add(key=key, value=str(value))
    return result


def model_of(names, initializers=()):
    """A model that adds all its initializers to its input."""
    from onnx import helper
    info = lambda name: helper.make_tensor_value_info(name, FLOAT, [1])
    nodes = [helper.make_node("Add", [f"v{i}", name], [f"v{i + 1}"], f"n{i}")
             for i, name in enumerate(names)]
    graph = helper.make_graph(nodes, "bench", [info("v0")],
                              [info(f"v{len(names)}")], list(initializers))
    return helper.make_model(graph, ir_version=9,
                             opset_imports=[helper.make_opsetid("", 17)])


def make_cnn(file):
    import numpy
    from onnx import helper, numpy_helper
    random = numpy.random.default_rng(7)
    nodes, weights, last = [], [], "input"
    for i in range(20):
        width = 256 if i else 3
        weight = random.normal(size=(256, width, 3, 3)).astype("float32")
        weights.append(numpy_helper.from_array(weight, f"conv{i}.weight"))
        nodes += [helper.make_node("Conv", [last, f"conv{i}.weight"],
                                   [f"/conv{i}"], pads=[1, 1, 1, 1]),
                  helper.make_node("Relu", [f"/conv{i}"], [f"/relu{i}"])]
        last = f"/relu{i}"
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "cnn", [info("input", FLOAT, ["batch", 3, 32, 32])],
        [info(last, FLOAT, ["batch", 256, 32, 32])], weights)
    file.write_bytes(helper.make_model(graph, ir_version=9).SerializeToString())


def make_many(file):
    names = [f"layers.{i}.weight" for i in range(100_000)]
    tensors = []
    for name in names:
        tensors.append(tensor(name, [4]))
        tensors[-1].raw_data = bytes(16)
    file.write_bytes(model_of(names, tensors).SerializeToString())


def make_external(file):
    names = [f"layers.{i}.weight" for i in range(16)]
    size = 4096 * 4096 * 4
    location = file.name + ".data"
    tensors = [tensor(name, [4096, 4096], location=location, offset=i * size,
                      length=size) for i, name in enumerate(names)]
    with open(file.with_name(location), "wb") as data:
        data.truncate(size * len(names))
    file.write_bytes(model_of(names, tensors).SerializeToString())


def make_inline(file):
    """Written field by field, with a hole in place of each tensor's values."""
    names = [f"layers.{i}.weight" for i in range(35)]
    size = 4096 * 4096 * 4
    model = model_of(names)
    graph = model.graph.SerializeToString()
    model.ClearField("graph")
    heads = []
    for name in names:
        head = tensor(name, [4096, 4096]).SerializeToString() + field(9, size)
        heads.append(varint(5 << 3 | 2) + varint(len(head) + size) + head)
    total = len(graph) + sum(len(head) + size for head in heads)
    with open(file, "wb") as out:
        out.write(model.SerializeToString() + field(7, total) + graph)
        for head in heads:
            out.write(head)
            out.seek(size, os.SEEK_CUR)
        out.truncate(out.tell())


def make_saved_model(folder):
    import keras
    layers = [keras.Input((64, 64, 3))]
    layers += [keras.layers.Conv2D(128, 3, padding="same", activation="relu")
               for _ in range(24)]
    keras.Sequential(layers).export(folder, verbose=False)


DATA = {"cnn.onnx": make_cnn, "many.onnx": make_many,
        "external.onnx": make_external, "inline.onnx": make_inline,
        "saved_model": make_saved_model}


# The contenders.

def has(module):
    if importlib.util.find_spec(module):
        return True
    print(f"bench: {module} is not here: left out", file=sys.stderr)
    return False


def contenders(folder):
    onnx_files = [name for name in DATA if name.endswith(".onnx")]
    files = onnx_files + ["saved_model"]
    python = sys.executable
    script = lambda name: str(pathlib.Path(python).parent / name)
    rows = [("tsinspect params", Process(folder, "tsinspect", "params"), files,
             None),
            ("empty process", Process(folder, "bench_empty"), files, None)]
    if has("onnx"):
        rows.append(("onnx.load and print", Process(
            folder, python, "-c", PRINT_ONNX), onnx_files, 5))
    if has("polygraphy"):
        rows.append(("polygraphy inspect", Process(
            folder, script("polygraphy"), "inspect", "model"), onnx_files, 3))
    if has("tensorflow"):
        rows.append(("saved_model_cli show", Process(
            folder, script("saved_model_cli"), "show", "--all", "--dir"),
            ["saved_model"], 3))
    return rows


def main():
    options = options_of(__doc__).parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    rows = contenders(options.bin.resolve())
    for name, make in DATA.items():
        file = options.data / name
        if not file.exists():
            if not has("tensorflow" if name == "saved_model" else "onnx"):
                continue
            make(file)
        report(file, measure(file, rows, options.rounds))


if __name__ == "__main__":
    main()
