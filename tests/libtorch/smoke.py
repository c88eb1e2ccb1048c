#!/usr/bin/env python3
"""Runs models of the fixtures in whichever LibTorch tsinspect is linked with.

Needs no torch in Python: what the models return was computed by torch 2.13's
torch.jit.load in Python. For every TorchScript fixture, `preflight` must say
that it loads exactly if `verify` can load it, and `verify` must find both
readings the same. Of the files that torch 2.13 made, an older LibTorch may
refuse some, which are listed; --all says that it must not.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from preflight_corpus import FIXTURES, make_changed

TOLERANCE = 1e-4

# File: the shape of its input, and the values of its output.
OUTPUTS = {
    "scripted_cnn.pt": ((1, 3, 6, 6), [-0.065503, 0.0393]),
    "traced_cnn.pt": ((1, 3, 6, 6), [-0.171771, 0.064948]),
    "frozen_cnn.pt": ((1, 3, 6, 6), [-0.171771, 0.064948]),
    "frozen_folded_cnn.pt": ((1, 3, 6, 6), [-0.171771, 0.064948]),
    "mobile_cnn.ptl": ((1, 3, 6, 6), [-0.171771, 0.064948]),
    "frozen/residual.script.pt": (
        (1, 3, 8, 8), [8.8085, 1.0732, 5.6162, -5.5295, 2.8942]),
}

# Of scripted_cnn.pt: submodule, mean and standard deviation of its output.
ACTIVATIONS = [
    ("features.0", 0.1133748, 0.3747435), ("features.1", 0.0, 0.9999523),
    ("features.2", 0.4265214, 0.4800935), ("features", 0.4265214, 0.4800935),
    ("head", -0.0131015, 0.0524015), ("(root)", -0.0131015, 0.0524015),
]

# Their code reaches outside of the process.
OUTSIDE = ["outside.pt", "outside_when_loaded.pt", "outside_mobile.ptl"]


def write_input(path, shape):
    """A .npy file of float32: (7 i mod 11 - 5) / 5."""
    count = 1
    for size in shape:
        count *= size
    header = str({"descr": "<f4", "fortran_order": False,
                  "shape": tuple(shape)}).ljust(117) + "\n"
    values = [(i * 7 % 11 - 5) / 5 for i in range(count)]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) +
                     header.encode() + struct.pack(f"<{count}f", *values))
    return path


def flat(values):
    if not isinstance(values, list):
        return [values]
    return [number for value in values for number in flat(value)]


def close(found, expected):
    return len(found) == len(expected) and all(
        abs(a - b) <= TOLERANCE for a, b in zip(found, expected))


class Smoke:
    def __init__(self, program, folder):
        self.program, self.folder, self.problems = program, folder, []

    def ask(self, *arguments):
        """The JSON objects printed, by their file."""
        done = subprocess.run([self.program, *arguments, "--json"], text=True,
                              capture_output=True, timeout=600)
        if done.returncode not in (0, 1, 2):
            self.problems.append(f"{arguments[0]}: exit status "
                                 f"{done.returncode}: {done.stderr[-500:]}")
        lines = map(json.loads, done.stdout.splitlines())
        return {line["file"]: line for line in lines}

    def execute(self, command, name, shape):
        """What a command that executes a model says of a fixture."""
        path = str(FIXTURES / name)
        x = write_input(self.folder / "x.npy", shape)
        answer = self.ask(command, path, "--input", x).get(path, {})
        if answer.get("error", "no answer"):
            self.problems.append(f"{command} {name}: {answer}")
            return {}
        return answer

    def outputs(self):
        for name, (shape, expected) in OUTPUTS.items():
            answer = self.execute("run", name, shape)
            found = flat([output["values"]
                          for output in answer.get("outputs", [])])
            if not close(found, expected):
                self.problems.append(f"run {name}: {found}")

    def activations(self):
        answer = self.execute("activations", "scripted_cnn.pt", (1, 3, 6, 6))
        rows = answer.get("activations", [])
        names = [row["name"] for row in rows]
        if names != [name for name, *_ in ACTIVATIONS]:
            self.problems.append(f"activations: {names}")
            return
        for row, (name, *expected) in zip(rows, ACTIVATIONS):
            found = [row["mean"], row["std"]]
            if not close(found, expected):
                self.problems.append(f"activations: {name}: {found}")

    def refusals(self):
        for name in OUTSIDE:
            path = str(FIXTURES / name)
            answer = self.ask("run", path, "--input", "rand(2)")[path]
            if (answer["error"] or {}).get("kind") != "refused":
                self.problems.append(f"run {name}: {answer}")

    def readings(self, must_load):
        """preflight and verify of all fixtures; how many load."""
        paths = [str(path) for path in sorted(FIXTURES.glob("**/*.pt*"))]
        changed = {str(path): why for path, why in make_changed(self.folder)}
        verdicts = self.ask("preflight", *paths, *changed)
        programs = [path for path in paths if "would_load" in verdicts[path]]
        readings = self.ask("verify", *programs, *changed)
        loaded = 0
        for path in [*programs, *changed]:
            verdict, reading = verdicts[path], readings.get(path, {})
            error = reading.get("error", {"message": "no answer"})
            if error and error.get("kind") == "refused" and path not in changed:
                continue
            loaded += not error
            if verdict["would_load"] != (not error):
                self.problems.append(f"{path}: preflight: {verdict['problems']}"
                                     f"; verify: {error}")
            if not error and not reading["same"]:
                self.problems.append(f"verify {path}: {reading['findings']}")
            if changed.get(path, "") not in str(verdict["problems"]):
                self.problems.append(f"preflight {path}: {verdict}")
            if error and path not in changed:
                print(f"does not load: {path}: {error['message'][:300]}")
                if must_load:
                    self.problems.append(f"{path} must load")
        return loaded


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        smoke = Smoke(args.tsinspect.resolve(), pathlib.Path(folder))
        smoke.outputs()
        smoke.activations()
        smoke.refusals()
        loaded = smoke.readings(args.all)
    print(f"{len(OUTPUTS)} models run, {loaded} verified; "
          f"{len(smoke.problems)} problems")
    print("\n".join(smoke.problems))
    return bool(smoke.problems) or loaded < 60


if __name__ == "__main__":
    sys.exit(main())
