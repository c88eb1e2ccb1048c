#!/usr/bin/env python3
"""Compares what `tsinspect run` gives with what Python's torch gives.

Runs scripted, traced and frozen fixtures with inputs from a .npy file: every
output must have the same bits. So must the values of random inputs: torch's,
after the same torch.manual_seed. Exit status 77: skipped.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"

# File: the shape of its input.
MODELS = {
    "scripted_cnn.pt": (2, 3, 6, 6), "traced_cnn.pt": (1, 3, 6, 6),
    "frozen_cnn.pt": (2, 3, 6, 6), "frozen_folded_cnn.pt": (2, 3, 6, 6),
    "frozen/residual.script.pt": (1, 3, 8, 8),
    "frozen/residual.original.pt": (1, 3, 8, 8),
    "frozen/residual.trace.pt": (1, 3, 8, 8),
}

ECHO = """
def forward(self, x, n: int, s: str, f: float, xs: List[Tensor],
            d: Dict[str, Tensor], o: Optional[Tensor] = None, k: int = 3):
    return (x, n, s, f, xs, d, o, k)
"""

# `--input`s for ECHO, and what Python makes of them.
EXPRESSIONS = [
    ("rand(2,3)", "torch.rand(2, 3)"),
    ("7", "7"), ("'a b'", "'a b'"), ("2", "2.0"),
    ("[randn(2):float64, [[1, 2], [3, 4]]]",
     "[torch.randn(2, dtype=torch.float64), torch.tensor([[1, 2], [3, 4]])]"),
    ("{'a': arange(3), 'b': randint(5,(2,2))}",
     "{'a': torch.arange(3), 'b': torch.randint(5, (2, 2))}"),
    ("o=full((2,), 0.5):float16",
     "torch.full((2,), 0.5, dtype=torch.float16)"),
]


def digest(tensor):
    import torch
    flat = tensor.detach().contiguous().reshape(-1)
    return hashlib.sha256(flat.view(torch.uint8).numpy()).hexdigest()


def leaves(name, value):
    """Pairs of a name and a tensor or another value."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        yield name, value
        return
    for key, item in items:
        yield from leaves(f"{name}.{key}", item)


class Checker:
    def __init__(self, program):
        self.program, self.problems, self.compared = program, [], 0

    def run(self, path, *arguments):
        done = subprocess.run(
            [self.program, "run", path, "--json", *arguments], text=True,
            capture_output=True, timeout=300)
        if done.returncode:
            self.problems.append(f"{path}: {done.stderr}")
            return {}
        return {row["name"]: row for row in json.loads(done.stdout)["outputs"]}

    def compare(self, what, found, expected):
        import torch
        expected = dict(leaves("output", expected))
        if list(found) != list(expected):
            self.problems.append(f"{what}: {list(found)}, not {list(expected)}")
            return
        for name, value in expected.items():
            self.compared += 1
            if isinstance(value, torch.Tensor):
                same = (found[name]["sha256"] == digest(value) and
                        found[name]["shape"] == list(value.shape))
            else:
                same = found[name]["value"] == value
            if not same:
                self.problems.append(f"{what}: {name} differs")


def check_models(check, folder):
    import numpy
    import torch
    for name, shape in MODELS.items():
        torch.manual_seed(3)
        x = torch.randn(*shape)
        numpy.save(folder / "x.npy", x.numpy())
        model = torch.jit.load(str(FIXTURES / name))
        with torch.no_grad():
            expected = model(x)
        found = check.run(FIXTURES / name, "--input", folder / "x.npy")
        check.compare(name, found, expected)


def check_expressions(check, folder):
    import torch
    module = torch.jit.ScriptModule()
    module.define(ECHO)
    module.save(str(folder / "echo.pt"))
    torch.manual_seed(11)
    values = [eval(text, {"torch": torch}) for _, text in EXPRESSIONS]
    arguments = [word for text, _ in EXPRESSIONS for word in ("--input", text)]
    found = check.run(folder / "echo.pt", "--seed", "11", *arguments)
    expected = module(*values)
    check.compare("expressions", found, expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    args = parser.parse_args()
    try:
        import numpy  # noqa: F401
        import torch  # noqa: F401
    except ImportError:
        print("skipped: no torch, or no NumPy")
        return 77
    check = Checker(args.tsinspect.resolve())
    with tempfile.TemporaryDirectory() as name:
        check_models(check, pathlib.Path(name))
        check_expressions(check, pathlib.Path(name))
    print(f"{check.compared} values, {len(check.problems)} problems")
    print("\n".join(check.problems))
    return bool(check.problems)


if __name__ == "__main__":
    sys.exit(main())
