#!/usr/bin/env python3
"""Tests scripts/record_golden.py. Exit status 77: skipped, without torch."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

try:
    import numpy
    import torch
    from torch import nn
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

from record_golden import record

warnings.filterwarnings("ignore")


class Inner(nn.Module):
    def forward(self, x, scale=1):
        return {"k": (x * scale, None)}

    def embed(self, x):
        return x + 1


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.alias = self.a
        self.inner = Inner()

    def forward(self, x):
        y = self.alias(self.a(x))
        y.zero_()
        return self.inner(y, scale=3)["k"][0] + self.inner.embed(y)


def meta_of(path):
    return json.loads(numpy.load(path)["__meta__"].tobytes())


class RecordGolden(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_names_are_in_the_order_of_the_run(self):
        names = [e.name for e in record(Net(), (torch.ones(1, 2),))]
        self.assertEqual(names, [
            "a@in.0", "a", "a#2@in.0", "a#2", "inner@in.0", "inner@in.1",
            "inner@out.k.0", "inner@out.k.1", "(root)@in.0", "(root)"])

    def test_methods_are_recorded_where_asked_for(self):
        model = Net()
        names = [e.name for e in record(model, (torch.ones(1, 2),),
                                        methods=["embed"],
                                        record_inputs=False)]
        self.assertEqual(names, ["a", "a#2", "inner@out.k.0", "inner@out.k.1",
                                 "inner::embed", "(root)"])
        self.assertNotIn("embed", vars(model.inner))

    def test_values_are_those_at_that_moment(self):
        model = Net()
        x = torch.ones(1, 2)
        values = {e.name: e.value for e in record(model, (x,))}
        self.assertTrue(torch.equal(values["a#2"], model.a(model.a(x))))

    def test_hooks_are_removed_and_see_what_others_did(self):
        model = Net()
        model.a.register_forward_hook(lambda m, i, o: o * 0 + 7)
        values = {e.name: e.value for e in record(model, (torch.ones(1, 2),))}
        self.assertTrue(torch.equal(values["a"], torch.full((1, 2), 7.0)))
        self.assertEqual(len(model.a._forward_hooks), 1)
        self.assertEqual(len(model.inner._forward_hooks), 0)

    def test_hooks_are_removed_after_an_error(self):
        model = Net()
        with self.assertRaises(RuntimeError):
            record(model, (torch.ones(1, 3),))
        self.assertEqual(len(model.a._forward_hooks), 0)

    def test_an_npz_holds_bits_of_what_numpy_lacks(self):
        path = self.folder / "x.npz"
        x = torch.tensor([1.0, -2.5]).bfloat16()
        record(nn.Identity(), (x,), path)
        row = meta_of(path)["values"][-1]
        self.assertEqual((row["name"], row["dtype"], row["stored"]),
                         ("(root)", "bfloat16", "uint16"))
        bits = torch.from_numpy(numpy.load(path)["(root)"])
        self.assertTrue(torch.equal(bits.view(torch.bfloat16), x))

    def test_quantised_values_are_the_numbers_they_stand_for(self):
        path = self.folder / "x.npz"
        x = torch.quantize_per_tensor(torch.tensor([0.5, 1.0]), 0.5, 1,
                                      torch.quint8)
        record(nn.Identity(), (x,), path)
        self.assertEqual(numpy.load(path)["(root)"].tolist(), [0.5, 1.0])
        row = meta_of(path)["values"][-1]
        self.assertEqual((row["dtype"], row["stored"]), ("quint8", "float32"))

    def test_what_is_no_tensor_is_in_the_text(self):
        path = self.folder / "x.npz"
        record(nn.Identity(), ((1.5, float("inf"), True, None, "s", [2, {}]),),
               path, record_inputs=False)
        values = meta_of(path)["values"]
        self.assertEqual([row["value"] for row in values],
                         [1.5, "inf", True, None, "s", [2, {}]])
        self.assertEqual(numpy.load(path).files, ["__meta__"])

    def test_safetensors_hold_the_text_as_metadata(self):
        try:
            from safetensors import safe_open
        except ImportError as error:
            self.skipTest(str(error))
        path = self.folder / "x.safetensors"
        x = torch.tensor([1.0, -2.5]).bfloat16()
        record(nn.Identity(), (x,), path)
        with safe_open(path, "pt") as file:
            self.assertTrue(torch.equal(file.get_tensor("(root)"), x))
            meta = json.loads(file.metadata()["tsinspect.golden"])
        self.assertNotIn("stored", meta["values"][-1])

    def test_scripted_modules_give_what_is_their_own(self):
        names = [e.name for e in record(torch.jit.script(nn.Sequential(
            nn.Linear(2, 2))), (torch.ones(1, 2),))]
        self.assertEqual(names, ["(root)@in.0", "(root)"])

    def test_the_command_runs_a_function_of_a_file(self):
        source = self.folder / "made.py"
        source.write_text("import torch\n"
                          "def build():\n"
                          "    return torch.nn.Dropout(), (torch.ones(64),)\n")
        out = self.folder / "ref.npz"
        subprocess.run([sys.executable, "-B", SCRIPTS / "record_golden.py",
                        f"{source}:build", "-o", out, "--threads", "1"],
                       check=True, capture_output=True)
        self.assertTrue((numpy.load(out)["(root)"] == 1).all())


if __name__ == "__main__":
    unittest.main(warnings="ignore")
