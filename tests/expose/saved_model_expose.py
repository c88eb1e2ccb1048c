#!/usr/bin/env python3
"""Tests `tsinspect expose` on SavedModels, run by TensorFlow.

The models are made here, from Keras and tf.Module, and the corpus where
TSINSPECT_CORPUS says it is. The outputs that a signature had must stay as they
were, bit for bit; every layer's output must be among the new ones, equal to
what a Keras sub-model of the same weights gives; what TensorFlow 1's loader
finds must have the dtypes that the signature tells.

Exit status 77: skipped, without tensorflow.
"""
import argparse
import os
import pathlib
import tempfile

from runtimes import Count, corpus, expose, same, skip

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1",
               "TF_ENABLE_ONEDNN_OPTS": "0"}
try:
    import keras
    import numpy
    import tensorflow as tf
except ImportError as error:
    skip(error)


def example():
    """What a model of TensorFlow Serving's tests parses."""
    feature = {key: tf.train.Feature(
        float_list=tf.train.FloatList(value=[value]))
               for key, value in [("x", 2.0), ("x2", 3.0)]}
    return tf.train.Example(
        features=tf.train.Features(feature=feature)).SerializeToString()


def random_input(spec):
    numbers = numpy.random.default_rng(0)
    shape = [2] if spec.shape.rank is None else [
        3 if size is None else size for size in spec.shape.as_list()]
    if spec.dtype == tf.string:
        return tf.fill(shape, example())
    if spec.dtype.is_integer or spec.dtype.is_bool:
        return tf.cast(numbers.integers(0, 2, shape), spec.dtype)
    return tf.constant(numbers.standard_normal(shape), spec.dtype)


def run(folder, name):
    """A signature's inputs and outputs, with variables as they were saved."""
    function = tf.saved_model.load(str(folder)).signatures[name]
    inputs = {key: random_input(spec) for key, spec in
              function.structured_input_signature[1].items()}
    outputs = {key: value.numpy() for key, value in function(**inputs).items()}
    return inputs, outputs


def compare_signature(label, name, folders, rows, count):
    try:
        inputs, before = run(folders[0], name)
    except Exception:  # TensorFlow's have no common base.
        return count.add("signatures that TensorFlow does not run")
    _, after = run(folders[1], name)
    count.add("signatures")
    new = {row["name"] for row in rows}
    count.check(after.keys() == before.keys() | new,
                "signatures with the outputs that were told",
                f"{label} {name}: has {sorted(after)}")
    for key, value in before.items():
        count.check(same(value, after[key]), "outputs as before",
                    f"{label} {name}: {key} changed")
    for row in rows:
        dtype = {"string": "object"}.get(row["dtype"], row["dtype"])
        count.check(after[row["name"]].dtype.name == dtype,
                    "new outputs of the dtype that was told",
                    f"{label} {name}: {row}: {after[row['name']].dtype}")
    return inputs, {key: after[key] for key in new}


def compare_with_first_loader(label, folder, count):
    """What the loader of TensorFlow 1 and TensorFlow Serving finds. A type from
    100 on is a reference to such a value."""
    config = tf.compat.v1.ConfigProto(allow_soft_placement=True)
    with tf.Graph().as_default() as graph:
        with tf.compat.v1.Session(config=config) as session:
            loaded = tf.compat.v1.saved_model.load(session, ["serve"],
                                                   str(folder))
    for name, signature in loaded.signature_def.items():
        for key, info in signature.outputs.items():
            if not info.dtype:
                continue
            dtype = graph.get_tensor_by_name(info.name).dtype.base_dtype
            count.check(dtype.as_datatype_enum == info.dtype % 100,
                        "outputs that TensorFlow 1 finds",
                        f"{label} {name}: {key} is {dtype}")


def compare(program, model, folder, count):
    label = model.name if model.name != "saved_model" else model.parent.name
    out = folder / "exposed"
    result, error = expose(program, model, out, "--force")
    if error:
        return count.problems.append(f"{label}: {error}")
    compare_with_first_loader(label, out, count)
    try:
        names = list(tf.saved_model.load(str(model)).signatures)
    except Exception:
        return count.add("models that TensorFlow 2 does not load")
    count.add("models")
    compared = {}
    for name in names:
        rows = [row for row in result["exposed"] if row["signature"] == name]
        compared[name] = compare_signature(label, name, (model, out), rows,
                                           count)
    return compared


def sub_models(model):
    """By layer, what a model that ends there gives."""
    for layer in model.layers:
        if isinstance(layer, (keras.layers.InputLayer, keras.layers.Dropout)):
            continue
        yield layer.name, keras.Model(model.inputs, layer.output)


def compare_layers(label, model, compared, count):
    inputs, values = compared["serving_default"]
    given = [inputs[tensor.name] for tensor in model.inputs]
    for name, part in sub_models(model):
        wanted = tf.function(part)(given if len(given) > 1 else given[0])
        count.check(any(same(wanted.numpy(), value)
                        for value in values.values()),
                    "layers as Keras sub-models", f"{label}: {name}")


def image_model():
    image = keras.Input((8, 8, 3), name="images")
    x = keras.layers.Conv2D(4, 3, activation="relu")(image)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.add([x, keras.layers.Conv2D(4, 3, padding="same")(x)])
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Dropout(.3)(keras.layers.Flatten()(x))
    x = keras.layers.Dense(7, activation="gelu")(x)
    return keras.Model(image, keras.layers.Dense(5, activation="softmax")(x))


def text_model():
    tokens = keras.Input((6,), name="tokens", dtype="int32")
    x = keras.layers.Embedding(10, 8)(tokens)
    x = keras.layers.LayerNormalization()(
        x + keras.layers.MultiHeadAttention(2, 4)(x, x))
    x = keras.layers.LSTM(5)(x)
    return keras.Model(tokens, {
        "a_head": keras.layers.Dense(3, name="a_head")(x),
        "z_head": keras.layers.Dense(2, name="z_head")(x)})


class Module(tf.Module):
    """Calls a function twice, loops and branches."""

    def __init__(self):
        self.w = tf.Variable([[1., 2.], [3., 4.]])

    @tf.function
    def inner(self, x):
        return tf.nn.relu(x @ self.w) * 2

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def __call__(self, x):
        h = self.inner(self.inner(x)) + 1
        _, h = tf.while_loop(lambda n, h: n < 3,
                             lambda n, h: (n + 1, h * .5), [tf.constant(0), h])
        h = tf.cond(tf.reduce_sum(h) > 0, lambda: h + 1, lambda: h - 1)
        return {"y": h, "best": tf.math.top_k(h, 1)[1],
                "Whole": tf.cast(h, tf.int32)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True)
    program = parser.parse_args().tsinspect
    keras.utils.set_random_seed(1)
    count = Count()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for label, model in [("image", image_model()), ("text", text_model())]:
            model.export(str(folder / label), verbose=False)
            compare_layers(label, model,
                           compare(program, folder / label, folder, count),
                           count)
        module = Module()
        tf.saved_model.save(module, str(folder / "module"),
                            signatures=module.__call__)
        compare(program, folder / "module", folder, count)
        for path in corpus("saved_model.pb"):
            compare(program, path.parent, folder, count)
    count.finish()


if __name__ == "__main__":
    main()
