#!/usr/bin/env python3
"""Reads what `tsinspect export` writes with the real readers: safetensors, NumPy
and torch.load(weights_only=True).

Of every fixture, and of every file of the folder that TSINSPECT_CORPUS names,
each tensor that a format takes must have the SHA-256 that `tsinspect tensors`
says it has in the original. What a format cannot hold must be refused by name,
exit status 2, with no file left. Exit status 77: skipped.

    roundtrip.py --tsinspect PROGRAM [--format FORMAT] [FILE...]
"""
import argparse
import collections
import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"

# Format: the Python packages that read it.
READERS = {"safetensors": ("safetensors", "torch"), "npz": ("numpy",),
           "pt": ("torch",)}

# What torch has, but its reader of safetensors lacks, whatever the file.
LACKING = {"safetensors": {"float4_e2m1fn_x2"}}


def tensor_hash(tensor):
    import torch
    flat = tensor.detach().contiguous().reshape(-1)
    if not flat.numel():
        return hashlib.sha256().hexdigest()
    return hashlib.sha256(flat.view(torch.uint8).numpy()).hexdigest()


def read_safetensors(path):
    from safetensors import safe_open
    with safe_open(path, framework="pt") as file:
        for name in file.keys():
            tensor = file.get_tensor(name)
            yield name, list(tensor.shape), tensor_hash(tensor)


def read_npz(path):
    import numpy
    with numpy.load(path) as file:
        for name in file.files:
            array = numpy.ascontiguousarray(file[name])
            yield (name, list(file[name].shape),
                   hashlib.sha256(array.tobytes()).hexdigest())


def read_pt(path):
    import torch
    for name, tensor in torch.load(path, weights_only=True).items():
        yield name, list(tensor.shape), tensor_hash(tensor)


READ = {"safetensors": read_safetensors, "npz": read_npz, "pt": read_pt}


class Test:
    def __init__(self, program):
        self.program = program.resolve()
        self.counts = collections.Counter()
        self.problems = []

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=300)

    def originals(self, path):
        """{name: tensor}, or None if the file is not readable."""
        done = self.run("tensors", "--json", "--sha256", path)
        if done.returncode:
            return None
        return {t["name"]: t for t in json.loads(done.stdout)["tensors"]}

    def check(self, path, format, originals, folder):
        out = folder / f"out.{format}"
        done = self.run("export", path, "-o", out, "--json",
                        "--rename", "=tensor")
        if done.returncode:
            self.counts["refused"] += 1
            kind = json.loads(done.stdout)["error"]["kind"]
            if kind not in ("unsupported", "not found", "limit exceeded") or (
                    os.listdir(folder)):
                yield f"{kind}: {done.stderr.strip()} {os.listdir(folder)}"
            return
        rows = {t["name"]: t for t in json.loads(done.stdout)["tensors"]}
        if any(t["dtype"] in LACKING.get(format, ()) for t in rows.values()):
            self.counts["not readable in Python"] += 1
            out.unlink()
            return
        try:
            got = {name: rest for name, *rest in READ[format](out)}
        except Exception as error:  # Whatever a reader says is an answer.
            yield f"{type(error).__name__}: {error}"
            return
        finally:
            out.unlink()
        self.counts["files"] += 1
        if got.keys() != rows.keys():
            yield f"names: {sorted(got.keys() ^ rows.keys())[:5]}"
        for name in got.keys() & rows.keys():
            want = originals[rows[name]["from"]]
            self.counts["tensors"] += 1
            if got[name] != [want["shape"], want["sha256"]]:
                yield f"{name!r} differs: {got[name]}"

    def check_all(self, files, formats):
        with tempfile.TemporaryDirectory() as folder:
            for path in files:
                originals = self.originals(path)
                if not originals:
                    self.counts["not readable, or empty"] += 1
                    continue
                for format in formats:
                    self.problems += [
                        f"{path}, {format}: {text}" for text in self.check(
                            path, format, originals, pathlib.Path(folder))]


def missing_packages(format):
    return [name for name in READERS[format]
            if importlib.util.find_spec(name) is None]


def corpus_files():
    corpus = os.environ.get("TSINSPECT_CORPUS")
    if not corpus:
        return []
    corpus = pathlib.Path(corpus)
    with (corpus / "expected.jsonl").open(encoding="utf-8") as lines:
        return [corpus / json.loads(line)["file"] for line in lines]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--format", choices=READERS)
    parser.add_argument("files", metavar="FILE", nargs="*", type=pathlib.Path)
    args = parser.parse_args()
    formats = [args.format] if args.format else list(READERS)
    for format in list(formats):
        if lacking := missing_packages(format):
            print(f"skipped {format}: this Python has no {', '.join(lacking)}")
            formats.remove(format)
    if not formats:
        return 77
    warnings.simplefilter("ignore")
    test = Test(args.tsinspect)
    test.check_all(args.files or sorted(FIXTURES.iterdir()) + corpus_files(),
                   formats)
    print(", ".join(f"{count} {what}" for what, count in test.counts.items()))
    print("".join(problem + "\n" for problem in test.problems[:200]), end="")
    return len(test.problems) > 0 or not test.counts["tensors"]


if __name__ == "__main__":
    sys.exit(main())
