#!/usr/bin/env python3
"""Compares what `tsinspect preflight` says with what loading does.

Of each TorchScript file of the fixtures, of the corpus that TSINSPECT_CORPUS
names, and of a fixture with changes that LibTorch does not take, torch.jit.load,
in a process of its own, must take it exactly if `preflight` says it would load. A
file whose code reaches outside of the process is not loaded, but for what is
neither in LibTorch nor in a library: such an operator cannot be run.

torch in Python must be of the version that tsinspect is linked with.
Exit status 77: skipped, as there is no torch, or another.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"

# Changes to scripted_cnn.pt: the end of a record's name, what stands there, what
# is put in its place, and what the verdict must name.
MODELS = "code/__torch__/models.py"
CHANGES = {
    "operator": (MODELS, b"torch.mean((features).forward(x, ), [2, 3])",
                 b"ops.torchvision.nms((features).forward(x, ), x, 0.5)",
                 "libtorchvision"),
    "own_operator": (MODELS, b"torch.mean(", b"torch.meaner(", "aten::meaner"),
    "class": (MODELS, b"  training : bool\n",
              b"  training : bool\n"
              b"  x : Optional[__torch__.torch.classes.fbgemm.Packed]\n",
              "__torch__.torch.classes.fbgemm.Packed"),
    "version": ("/version", None, b"99\n", "99"),
    "syntax": (MODELS, b"head = self.head", b"head = = self.head",
               "cannot be read"),
}

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


def make_changed(folder):
    """Pairs of a path and what its verdict must name."""
    name = FIXTURES / "scripted_cnn.pt"
    for change, (record, old, new, expected) in CHANGES.items():
        path = folder / f"{change}.pt"
        with zipfile.ZipFile(name) as source, \
                zipfile.ZipFile(path, "w") as target:
            for info in source.infolist():
                data = source.read(info)
                if info.filename.endswith(record):
                    assert old is None or old in data, (change, data)
                    data = new if old is None else data.replace(old, new)
                target.writestr(info.filename, data)
        yield path, expected


def ask(program, command, files):
    """The JSON of each file, by its path."""
    done = subprocess.run([program, command, "--json", *files],
                          capture_output=True, text=True, timeout=600)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {pathlib.Path(line["file"]): line for line in lines}


def is_dangerous(found):
    if "outside_calls" not in found:
        return True
    return any(call["reason"] not in UNKNOWN
               for call in found["outside_calls"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    args = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("skipped: no torch")
        return 77
    files = list(FIXTURES.glob("**/*.pt*"))
    if corpus := os.environ.get("TSINSPECT_CORPUS"):
        files += [path for path in pathlib.Path(corpus).glob("torchscript/**/*")
                  if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        changed = dict(make_changed(pathlib.Path(folder)))
        return compare(args.tsinspect, sorted(files) + list(changed), changed,
                       torch.__version__)


def compare(program, files, changed, version):
    loader, compared, loads, problems = Loader(), 0, 0, []
    programs = ask(program, "ops", files)
    for path, found in ask(program, "preflight", files).items():
        is_ours = path in changed
        if not is_ours and ("would_load" not in found or
                            is_dangerous(programs[path])):
            continue
        if found["libtorch"].split("+")[0] != version.split("+")[0]:
            print(f"skipped: torch {version}")
            return 77
        said = loader.load(path)
        compared += 1
        loads += said == "loaded"
        if (found["would_load"] != (said == "loaded") or
                changed.get(path, "") not in str(found["problems"])):
            problems.append(f"{path}: {said}; preflight: {found['problems']}")
    print(f"{compared} files, of which {loads} load; "
          f"{len(problems)} differences")
    print("\n".join(problems))
    return bool(problems) or compared == 0


if __name__ == "__main__":
    sys.exit(main())
