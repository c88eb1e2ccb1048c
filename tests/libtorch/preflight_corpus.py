#!/usr/bin/env python3
"""Compares what `tsinspect preflight` says with what loading does.

Of each TorchScript file of the corpus and of the fixtures, torch.jit.load, in a
process of its own, must take it exactly if `preflight` says it would load. A
file whose code reaches outside of the process is not loaded, but for what is
neither in LibTorch nor in a library: such an operator cannot be run.

torch in Python must be of the version that tsinspect is linked with.
Exit status 77: skipped, as there is no torch, or another, or no corpus.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
UNKNOWN = {"is no operator of LibTorch", "is no class of LibTorch"}

# Loads the files that it is given a line each, and says of each whether it
# could be.
LOADER = """
import sys, torch
for line in sys.stdin:
    try:
        torch.jit.load(line.rstrip("\\n"), map_location="cpu")
        print("loaded", flush=True)
    except Exception as error:
        text = str(error).strip().replace("\\n", " | ")
        print("failed " + text[:300], flush=True)
"""


class Loader:
    """One child after the other: a file may take its process with it."""

    def __init__(self):
        self.child = None

    def load(self, path):
        if self.child is None:
            self.child = subprocess.Popen(
                [sys.executable, "-c", LOADER], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.child.stdin.write(f"{path}\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline().strip()
        if not line:
            self.child = None
            return "failed: the process ended"
        return line


def ask(program, command, path):
    done = subprocess.run([program, command, path, "--json"],
                          capture_output=True, text=True, timeout=300)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return {"error": {"message": done.stderr}}


def is_dangerous(program, path):
    found = ask(program, "ops", path)
    if "outside_calls" not in found:
        return True
    return any(call["reason"] not in UNKNOWN
               for call in found["outside_calls"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    args = parser.parse_args()
    corpus = os.environ.get("TSINSPECT_CORPUS")
    try:
        import torch
    except ImportError:
        print("skipped: no torch")
        return 77
    if not corpus:
        print("skipped: no TSINSPECT_CORPUS")
        return 77
    files = [path for path in pathlib.Path(corpus).glob("torchscript/**/*")
             if path.is_file()] + list(FIXTURES.glob("**/*.pt*"))
    loader, compared, loads, problems = Loader(), 0, 0, []
    for path in sorted(files):
        found = ask(args.tsinspect, "preflight", path)
        if "would_load" not in found or is_dangerous(args.tsinspect, path):
            continue
        if found["libtorch"].split("+")[0] != torch.__version__.split("+")[0]:
            print(f"skipped: torch {torch.__version__}")
            return 77
        said = loader.load(path)
        compared += 1
        loads += said == "loaded"
        if found["would_load"] != (said == "loaded"):
            problems.append(f"{path}: {said}; preflight: {found['problems']}")
    print(f"{compared} files, of which {loads} load; "
          f"{len(problems)} differences")
    print("\n".join(problems))
    return bool(problems) or compared == 0


if __name__ == "__main__":
    sys.exit(main())
