#!/usr/bin/env python3
"""Writes tests/fixtures/cross/: one network in the forms of three frameworks.

    python make_cross_fixtures.py torch          needs torch 2.13, onnx
    python make_cross_fixtures.py tensorflow     needs TensorFlow 2.21

The weights are the same numbers in all files, drawn by NumPy from a seed, laid
out as each framework keeps them: net.pt is a state_dict, net.onnx what
torch.onnx exports of it, net_folded.onnx the same with its batch norm folded
in, saved_model/ and checkpoint.* a tf.Module of the same layers, frozen.pb its
graph with the variables made constants. tuned.* is the checkpoint with one
kernel changed.
"""
import pathlib
import sys
import warnings

import numpy as np

OUT = (pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" /
       "cross")
MOST_BYTES = 64 << 10


def weights():
    """Of each tensor, by torch's name, in torch's layout."""
    draw = np.random.default_rng(7)
    shapes = {
        "conv1.weight": (4, 3, 3, 3), "conv1.bias": (4,),
        "bn1.weight": (4,), "bn1.bias": (4,),
        "bn1.running_mean": (4,), "bn1.running_var": (4,),
        "depthwise.weight": (8, 1, 3, 3), "pointwise.weight": (6, 8, 1, 1),
        "proj.weight": (5, 6), "proj.bias": (5,),
        "fc.weight": (10, 10 * 16 // 2), "fc.bias": (10,),
        "head.weight": (7, 6 * 16), "head.bias": (7,),
        "square.weight": (7, 7),
    }
    values = {name: draw.normal(size=shape).astype(np.float32)
              for name, shape in shapes.items()}
    values["bn1.running_var"] = np.abs(values["bn1.running_var"]) + 1
    values["square.bias"] = np.zeros(7, np.float32)
    return values


def write_torch():
    import torch
    from torch import nn

    class Net(nn.Module):

        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
            self.bn1 = nn.BatchNorm2d(4)
            self.depthwise = nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False)
            self.pointwise = nn.Conv2d(8, 6, 1, bias=False)
            self.proj = nn.Linear(6, 5)
            self.fc = nn.Linear(80, 10)
            self.head = nn.Linear(96, 7)
            self.square = nn.Linear(7, 7)

        def forward(self, image):
            x = torch.relu(self.bn1(self.conv1(image)))
            x = self.pointwise(self.depthwise(x))
            tokens = self.proj(x.flatten(2).transpose(1, 2))
            logits = self.fc(tokens.flatten(1))
            return logits, self.square(self.head(x.flatten(1)))

    net = Net().eval()
    state = {name: torch.from_numpy(value)
             for name, value in weights().items()}
    state["bn1.num_batches_tracked"] = torch.tensor(3)
    net.load_state_dict(state)
    torch.save(net.state_dict(), OUT / "net.pt")
    image = torch.zeros(1, 3, 4, 4)
    options = dict(dynamo=False, input_names=["image"],
                   output_names=["logits", "squared"],
                   dynamic_axes={"image": {0: "batch"}})
    torch.onnx.export(net, (image,), OUT / "net.onnx",
                      training=torch.onnx.TrainingMode.PRESERVE, **options)
    torch.onnx.export(net, (image,), OUT / "net_folded.onnx", **options)


def write_tensorflow():
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    torch_weights = weights()

    def hwio(name):
        return torch_weights[name].transpose(2, 3, 1, 0)

    class Layer(tf.Module):

        def __init__(self, name, **values):
            super().__init__(name)
            for key, value in values.items():
                trainable = not key.startswith("moving")
                setattr(self, key, tf.Variable(
                    value, trainable=trainable, name=f"{name}/{key}"))

    class Net(tf.Module):

        def __init__(self):
            super().__init__("net")
            w = torch_weights
            self.conv1 = Layer("conv1", kernel=hwio("conv1.weight"),
                               bias=w["conv1.bias"])
            self.bn1 = Layer("bn1", gamma=w["bn1.weight"], beta=w["bn1.bias"],
                             moving_mean=w["bn1.running_mean"],
                             moving_variance=w["bn1.running_var"])
            # [8, 1, 3, 3] of 4 groups: [4, 2, 1, 3, 3] to [3, 3, 4, 2].
            depthwise = w["depthwise.weight"].reshape(4, 2, 3, 3)
            self.stem = Layer("stem",
                              depthwise_kernel=depthwise.transpose(2, 3, 0, 1))
            self.mix = Layer("mix", kernel=hwio("pointwise.weight"))
            self.proj = Layer("proj", kernel=w["proj.weight"].T,
                              bias=w["proj.bias"])
            self.fc = Layer("fc", kernel=w["fc.weight"].T, bias=w["fc.bias"])
            # Takes the image flattened, its channels last.
            head = w["head.weight"].reshape(7, 6, 16).transpose(2, 1, 0)
            self.top = Layer("top", kernel=head.reshape(96, 7),
                             bias=w["head.bias"])
            self.out = Layer("out", kernel=w["square.weight"].T,
                             bias=w["square.bias"])

        @tf.function(input_signature=[
            tf.TensorSpec([None, 4, 4, 3], tf.float32, name="image")])
        def serve(self, image):
            with tf.name_scope("conv1"):
                x = tf.nn.conv2d(image, self.conv1.kernel, 1, "SAME")
                x = tf.nn.bias_add(x, self.conv1.bias)
            with tf.name_scope("bn1"):
                x, *_ = tf.compat.v1.nn.fused_batch_norm(
                    x, self.bn1.gamma, self.bn1.beta, self.bn1.moving_mean,
                    self.bn1.moving_variance, epsilon=1e-5, is_training=False)
                x = tf.nn.relu(x)
            with tf.name_scope("stem"):
                x = tf.nn.depthwise_conv2d(x, self.stem.depthwise_kernel,
                                           [1, 1, 1, 1], "SAME")
            with tf.name_scope("mix"):
                x = tf.nn.conv2d(x, self.mix.kernel, 1, "SAME")
            with tf.name_scope("proj"):
                tokens = tf.reshape(x, [-1, 16, 6])
                tokens = tokens @ self.proj.kernel + self.proj.bias
            with tf.name_scope("fc"):
                flat = tf.reshape(tokens, [-1, 80])
                logits = flat @ self.fc.kernel + self.fc.bias
            with tf.name_scope("top"):
                flat = tf.reshape(x, [-1, 96])
                top = flat @ self.top.kernel + self.top.bias
            with tf.name_scope("out"):
                squared = top @ self.out.kernel + self.out.bias
            return {"logits": logits, "squared": squared}

    net = Net()
    tf.saved_model.save(net, OUT / "saved_model",
                        signatures={"serving_default": net.serve})
    (OUT / "saved_model" / "fingerprint.pb").unlink(missing_ok=True)
    tf.train.Checkpoint(net=net).write(str(OUT / "checkpoint"))
    net.fc.kernel.assign_add(0.01 * tf.ones_like(net.fc.kernel))
    tf.train.Checkpoint(net=net).write(str(OUT / "tuned"))
    net.fc.kernel.assign_sub(0.01 * tf.ones_like(net.fc.kernel))
    net = Net()
    frozen = convert_to_constants.convert_variables_to_constants_v2(
        net.serve.get_concrete_function())
    (OUT / "frozen.pb").write_bytes(
        frozen.graph.as_graph_def().SerializeToString(deterministic=True))


def main():
    warnings.filterwarnings("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    for framework in sys.argv[1:]:
        {"torch": write_torch, "tensorflow": write_tensorflow}[framework]()
    for file in OUT.rglob("*"):
        assert file.is_dir() or file.stat().st_size < MOST_BYTES, file


if __name__ == "__main__":
    main()
