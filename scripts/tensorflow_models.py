#!/usr/bin/env python3
"""Writes tests/fixtures/tensorflow/: checkpoints, SavedModels and graphs.

    python tensorflow_models.py [NAME...]      needs tensorflow 2.21, keras 3

The files are written by TensorFlow and Keras themselves. What they find in each
file goes into tests/fixtures/expected.jsonl, in the place of the rows that are
there for these files; make_fixtures.py, which writes all others, keeps them.
Names of functions in graphs differ with what was traced before them, so with
names only those of the functions below are run, and expected.jsonl stays as it
is. TensorFlow seeds its fingerprints by the clock; they are left out.
"""
import hashlib
import json
import os
import pathlib
import shutil
import struct
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import (meta_graph_pb2, saved_model_pb2,
                                      trackable_object_graph_pb2)
from tensorflow.python.framework import convert_to_constants, dtypes

tf1 = tf.compat.v1

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "tests" / "fixtures"
OUT = FIXTURES / "tensorflow"
MOST_BYTES = 64 << 10

EXPECTED = []  # Rows of expected.jsonl.
FUNCTIONS = []


def fixture(function):
    FUNCTIONS.append(function)
    return function


def path(name):
    result = OUT / name
    result.parent.mkdir(parents=True, exist_ok=True)
    return result


def fresh(name):
    """An empty folder."""
    shutil.rmtree(path(name), ignore_errors=True)
    path(name).mkdir(parents=True)
    return str(path(name))


# What is in a file, as TensorFlow says.

# Types of less than a byte, which tsinspect packs, first in the low bits.
PACKED_BITS = {"int4": 4, "uint4": 4, "int2": 2, "uint2": 2,
               "float4_e2m1fn": 4}

PLAIN = {"qint8": "int8", "quint8": "uint8", "qint32": "int32",
         "qint16": "int16", "quint16": "uint16"}


def packed(codes, bits):
    out = bytearray((len(codes) * bits + 7) // 8)
    for i, code in enumerate(codes):
        out[i * bits // 8] |= (code & ((1 << bits) - 1)) << i * bits % 8
    return bytes(out)


def values(array, dtype):
    if dtype == "string":
        # make_ndarray takes "" for strings that are not there.
        texts = [t.encode() if isinstance(t, str) else bytes(t)
                 for t in np.asarray(array, object).reshape(-1)]
        return b"".join(struct.pack("<Q", len(t)) + t for t in texts)
    data = np.ascontiguousarray(array).tobytes()
    return packed(data, PACKED_BITS[dtype]) if dtype in PACKED_BITS else data


def row(name, dtype, array, role, requires_grad=None):
    data = values(array, dtype)
    return {"name": name, "dtype": PLAIN.get(dtype, dtype),
            "shape": list(np.shape(array)), "role": role,
            "requires_grad": requires_grad,
            "sha256": hashlib.sha256(data).hexdigest()}


def variable_rows(prefix, trained=None):
    reader = tf.train.load_checkpoint(str(prefix))
    types = reader.get_variable_to_dtype_map()
    for name in sorted(types):
        yield row(name, types[name].name, reader.get_tensor(name), "variable",
                  (trained or {}).get(name))


def constant_rows(graph, scope=""):
    nodes = [(scope, node) for node in graph.node]
    for function in graph.library.function:
        inner = scope + function.signature.name + "/"
        nodes += [(inner, node) for node in function.node_def]
    for at, node in nodes:
        if node.op == "Const":
            tensor = node.attr["value"].tensor
            yield row(at + node.name, tf.as_dtype(tensor.dtype).name,
                      tf.make_ndarray(tensor), "constant")


def expect(name, form, reader, tensors):
    EXPECTED.append({"file": f"tensorflow/{name}", "form": form,
                     "reader": f"{reader} {tf.__version__}", "error": None,
                     "tensors": list(tensors)})


def expect_checkpoint(index, prefix):
    expect(index, "tf-checkpoint", "tf.train.load_checkpoint",
           variable_rows(path(prefix)))


def trained_variables(meta, prefix):
    """Checkpoint key: whether the object graph says that it is trained."""
    reader = tf.train.load_checkpoint(str(prefix))
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    found = {}
    pending, seen = [(0, 0)], {0}
    while pending:
        here, saved = pending.pop(0)
        names = {c.local_name: c.node_id
                 for c in meta.object_graph_def.nodes[saved].children}
        for child in graph.nodes[here].children:
            if child.node_id in seen or child.local_name not in names:
                continue
            seen.add(child.node_id)
            other = names[child.local_name]
            pending.append((child.node_id, other))
            node = meta.object_graph_def.nodes[other]
            if node.WhichOneof("kind") == "variable":
                for attribute in graph.nodes[child.node_id].attributes:
                    found[attribute.checkpoint_key] = node.variable.trainable
    return found


def expect_saved_model(folder, trained=None):
    for file in ("fingerprint.pb", "debug_info", "assets"):
        target = path(folder) / file
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        elif file == "fingerprint.pb" and target.exists():
            target.unlink()
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((path(folder) / "saved_model.pb").read_bytes())
    prefix = path(folder) / "variables/variables"
    if trained is None and model.meta_graphs[0].object_graph_def.nodes:
        trained = trained_variables(model.meta_graphs[0], prefix)
    rows = list(variable_rows(prefix, trained))
    for i, meta in enumerate(model.meta_graphs):
        scope = "+".join(meta.meta_info_def.tags) + "/" if i > 0 else ""
        rows += constant_rows(meta.graph_def, scope)
    expect(f"{folder}/saved_model.pb", "tf-saved-model",
           "SavedModel and tf.train.load_checkpoint", rows)


# Models.

def keras_model():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Flatten(name="flat")(x)
    return keras.Model(inputs, keras.layers.Dense(5, name="dense")(x),
                       name="cnn")


class Block(tf.Module):
    def __init__(self, seed):
        super().__init__(name="block")
        self.weight = tf.Variable(tf.range(6, dtype=tf.float32) + seed,
                                  name="weight")
        self.steps = tf.Variable(seed, trainable=False, name="steps")


class Nested(tf.Module):
    def __init__(self):
        super().__init__(name="nested")
        self.blocks = [Block(1), [Block(2), Block(3)]]
        self.by_name = {"a/b": Block(4)}
        self.itself = self

    @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32,
                                                name="x")])
    def scale(self, x):
        return {"y": x * self.blocks[0].weight + self.blocks[1][0].weight}


# Fixtures.

@fixture
def keras_export():
    keras_model().export(fresh("keras_export"), verbose=False)
    expect_saved_model("keras_export")


@fixture
def keras_saved():
    model = keras_model()
    model.compile(optimizer="adam", loss="mse")
    tf.saved_model.save(model, fresh("keras_saved"))
    expect_saved_model("keras_saved")


@fixture
def keras_weights():
    model = keras_model()
    model.compile(optimizer="adam", loss="mse")
    model.fit(np.zeros((4, 8, 8, 3), np.float32), np.zeros((4, 5), np.float32),
              verbose=0)
    prefix = fresh("keras_weights") + "/ckpt"
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(prefix)
    expect_checkpoint("keras_weights/ckpt-1.index", "keras_weights/ckpt-1")


@fixture
def module():
    nested = Nested()
    tf.saved_model.save(nested, fresh("module"), signatures=nested.scale)
    expect_saved_model("module")


def partitioned_graph():
    """Variables in parts: of rows, of columns, of both dtypes."""
    def ramp(shape, dtype=None, partition_info=None):
        start = sum(partition_info.var_offset) if partition_info else 0
        count = int(np.prod(shape))
        return tf.cast(tf.reshape(tf.range(count) + 100 * start, shape), dtype)

    for scope, parts, axis, shape, dtype in (
            ("rows", 3, 0, [7, 3], tf.float32),
            ("columns", 2, 1, [2, 150], tf.float32),
            ("wide", 2, 0, [4, 2, 3], tf.int64)):
        with tf1.variable_scope(
                scope, partitioner=tf1.fixed_size_partitioner(parts, axis)):
            tf1.get_variable("w", shape, dtype, initializer=ramp)
    tf1.get_variable("whole", initializer=tf.constant([1.5, 2.5]))


@fixture
def partitioned():
    folder = fresh("partitioned")
    with tf.Graph().as_default(), tf1.Session() as session:
        partitioned_graph()
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, folder + "/model",
                               write_meta_graph=False, write_state=False)
    expect_checkpoint("partitioned/model.index", "partitioned/model")


@fixture
def version_1():
    folder = fresh("version_1")
    with tf.Graph().as_default(), tf1.Session() as session:
        partitioned_graph()
        tf1.get_variable("count", initializer=tf.constant(7, tf.int64))
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver(write_version=tf1.train.SaverDef.V1,
                        save_relative_paths=True).save(
            session, folder + "/model", write_meta_graph=True)
        # What reads a checkpoint alone refuses one of version 1 with parts.
        found = {v.name.split(":")[0]: session.run(v)
                 for v in tf1.global_variables()}
    for name in ("columns/w", "rows/w", "wide/w"):
        parts = [found.pop(f"{name}/part_{i}") for i in range(3)
                 if f"{name}/part_{i}" in found]
        found[name] = np.concatenate(parts, axis=1 if name == "columns/w" else 0)
    expect("version_1/model", "tf-checkpoint", "tf.compat.v1.Session",
           [row(name, found[name].dtype.name, found[name], "variable")
            for name in sorted(found)])
    meta = meta_graph_pb2.MetaGraphDef()
    meta.ParseFromString(path("version_1/model.meta").read_bytes())
    expect("version_1/model.meta", "tf-frozen-pb", "MetaGraphDef",
           constant_rows(meta.graph_def))


def save(prefix, tensors):
    names = list(tensors)
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names,
                      shape_and_slices=[""] * len(names),
                      tensors=[tensors[n] for n in names])


@fixture
def sharded():
    """Two shards; the index is Snappy-compressed where that is smaller."""
    folder = fresh("sharded")
    with tempfile.TemporaryDirectory() as work:
        for i in range(2):
            save(f"{work}/part{i}",
                 {f"part{i}/layer{n}/kernel": tf.fill([2, 3], n + i / 2)
                  for n in range(20)})
        tf.raw_ops.MergeV2Checkpoints(
            checkpoint_prefixes=[f"{work}/part{i}" for i in range(2)],
            destination_prefix=folder + "/model")
    expect_checkpoint("sharded/model.index", "sharded/model")


SAVED_TYPES = ("float16", "bfloat16", "float32", "float64", "int8", "int16",
               "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool",
               "complex64", "complex128", "int4", "uint4")


@fixture
def dtypes_saved():
    folder = fresh("dtypes")
    ramp = tf.reshape(tf.range(7), [7])
    tensors = {name: tf.cast(ramp, getattr(dtypes, name))
               for name in SAVED_TYPES}
    tensors["complex64"] = tf.complex(tf.range(3.0), -tf.range(3.0))
    tensors["strings"] = tf.constant([["", "a"], ["\0\xff", "b" * 300]])
    tensors["text"] = tf.constant("one")
    tensors["no_strings"] = tf.constant([], tf.string)
    tensors["nothing"] = tf.zeros([0, 3])
    tensors["scalar"] = tf.constant(0.25)
    save(folder + "/model", tensors)
    expect_checkpoint("dtypes/model.index", "dtypes/model")


@fixture
def frozen():
    function = tf.function(keras_model()).get_concrete_function(
        tf.TensorSpec([1, 8, 8, 3], tf.float32, name="image"))
    graph = convert_to_constants.convert_variables_to_constants_v2(
        function).graph.as_graph_def()
    path("frozen.pb").write_bytes(
        graph.SerializeToString(deterministic=True))
    expect("frozen.pb", "tf-frozen-pb", "GraphDef", constant_rows(graph))


def constant(graph, name, dtype, shape, **fields):
    """A Const node with the values in the fields given, and no others."""
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = dtype.as_datatype_enum
    tensor = node.attr["value"].tensor
    tensor.dtype = dtype.as_datatype_enum
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    for field, items in fields.items():
        if isinstance(items, bytes):
            setattr(tensor, field, items)
        else:
            getattr(tensor, field).extend(items)


@fixture
def constants():
    """Constants in all the ways that a TensorProto can have them."""
    graph = graph_pb2.GraphDef()
    graph.versions.producer = 1882
    for name in ("int8", "int16", "int32", "uint8", "uint16", "qint8",
                 "quint8", "qint16", "quint16", "qint32", "int4", "int2"):
        sign = -1 if name[0] in "iq" and name[1] != "u" else 1
        constant(graph, f"{name}/typed", getattr(dtypes, name), [3],
                 int_val=[0, 1, sign])
    for name, field, items in (
            ("float32", "float_val", [0.5, -1.5]),
            ("float64", "double_val", [0.25, -2.5]),
            ("int64", "int64_val", [-1, 1 << 40]),
            ("uint32", "uint32_val", [1, (1 << 32) - 1]),
            ("uint64", "uint64_val", [1, (1 << 64) - 1]),
            ("bool", "bool_val", [True, False]),
            ("float16", "half_val", [0x3c00, 0xbc00]),
            ("bfloat16", "half_val", [0x3f80, 0xbf80]),
            ("complex64", "scomplex_val", [1.0, 2.0, 3.0, -4.0]),
            ("complex128", "dcomplex_val", [1.0, 2.0, 3.0, -4.0]),
            ("float8_e5m2", "float8_val", b"\x3c\xbc"),
            ("float8_e4m3fn", "float8_val", b"\x38\xb8"),
            ("float4_e2m1fn", "float8_val", b"\x02\x0a"),
            ("string", "string_val", [b"first", b"second"])):
        dtype = getattr(dtypes, name)
        step = 2 if name.startswith("complex") else 1
        constant(graph, f"{name}/typed", dtype, [2], **{field: items})
        constant(graph, f"{name}/last", dtype, [2, 3], **{field: items})
        constant(graph, f"{name}/one", dtype, [4, 5],
                 **{field: items[:step]})
        constant(graph, f"{name}/none", dtype, [2, 2])
    for name in ("int4", "uint2", "float4_e2m1fn"):
        constant(graph, f"{name}/content", getattr(dtypes, name), [5],
                 tensor_content=bytes([1, 0, 1, 1, 0]))
    constant(graph, "int32/content", dtypes.int32, [2, 1],
             tensor_content=struct.pack("<2i", -5, 6))
    constant(graph, "int32/empty", dtypes.int32, [0])
    constant(graph, "float32/few", dtypes.float32, [100, 100],
             float_val=[1.0, 2.0, 3.0])
    path("constants.pb").write_bytes(
        graph.SerializeToString(deterministic=True))
    expect("constants.pb", "tf-frozen-pb", "tf.make_ndarray",
           constant_rows(graph))


@fixture
def two_meta_graphs():
    folder = fresh("two_meta_graphs")
    path("two_meta_graphs").rmdir()
    builder = tf1.saved_model.Builder(folder)
    for tags in (["train"], ["serve", "gpu"]):
        with tf.Graph().as_default(), tf1.Session() as session:
            x = tf1.placeholder(tf.float32, [None, 2], "x")
            w = tf1.get_variable("dense/w",
                                 initializer=tf.constant([0.5, 1.5]))
            tf1.get_variable("step", initializer=tf.constant(3),
                             trainable=False)
            y = tf.multiply(x, w, name="y")
            session.run(tf1.global_variables_initializer())
            signature = tf1.saved_model.predict_signature_def({"x": x},
                                                              {"y": y})
            signatures = {"serving_default": signature}
            if tags == ["train"]:
                builder.add_meta_graph_and_variables(session, tags, signatures)
            else:
                builder.add_meta_graph(tags, signatures)
    builder.save()
    expect_saved_model("two_meta_graphs", {"dense/w": True, "step": False})


def check():
    """No file is large, none names a folder of this machine."""
    private = [str(HERE.parent).encode(), str(pathlib.Path.home()).encode(),
               sys.prefix.encode(), tempfile.gettempdir().encode()]
    for file in sorted(OUT.rglob("*")):
        if not file.is_file():
            continue
        data = file.read_bytes()
        assert len(data) < MOST_BYTES, f"{file} has {len(data)} bytes"
        for text in private:
            assert len(text) < 4 or text not in data, (
                f"{file} names {text.decode()}")


def write_expected():
    file = FIXTURES / "expected.jsonl"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines()
            if not json.loads(line)["file"].startswith("tensorflow/")]
    file.write_text("\n".join(kept + [json.dumps(e) for e in EXPECTED]) + "\n",
                    encoding="utf-8")


def main():
    wanted = set(sys.argv[1:])
    for function in FUNCTIONS:
        if not wanted or function.__name__ in wanted:
            function()
    if not wanted:
        write_expected()
    check()


if __name__ == "__main__":
    main()
