#!/usr/bin/env python3
"""Compares the operators that tsinspect finds in TorchScript source with the
ones that LibTorch finds when it loads the file.

scripts/list_operators.py wrote the lists: of the fixtures to
tests/fixtures/operators.jsonl, of the corpus to operators.jsonl beside this
file. Of each file that LibTorch loads, `tsinspect ops` must list

- every operator that LibTorch has in its graphs, by name and overload;
- none that it has not.

What loading itself changes is named below: it computes operators on literals,
drops code that is never run, and rewrites operators of older files. An overload
that tsinspect leaves open is not compared, but counted.

Prints the counts, then the differences, the first 200. Exit status 77: skipped.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

# What LibTorch puts in place of operators of older files, and what it takes away
# for it: its upgraders, and other names for the same operator.
UPGRADED = {"aten::div", "aten::div_", "aten::full", "aten::linspace",
            "aten::logspace", "aten::inverse", "prim::shape",
            "quantized::linear_unpack", "quantized::linear_unpack_fp16"}
UPGRADES = {"aten::div", "aten::div_", "aten::is_floating_point", "aten::full",
            "prim::unchecked_cast", "aten::Float", "aten::linalg_inv",
            "aten::size", "aten::linspace", "aten::logspace",
            "quantized::linear_unpack", "quantized::linear_unpack_fp16"}

# Operators on literals alone, which loading computes.
COMPUTED = {"aten::device", "aten::neg.float"}

# File: operators that stand in a branch which is never taken, in a function
# that nothing calls, or are computed, which LibTorch drops; or in a function
# that is forked, a graph apart that its list does not go into.
DROPPED = {
    "torchscript/pytorch-official/cpp/jit/test_interpreter_async.pt": {
        "aten::mm"},
    "frozen/bag.script.pt": {
        "aten::arange.start_step", "aten::numel", "aten::reshape",
        "aten::size.int", "prim::device", "prim::dtype"},
    **dict.fromkeys(
        ("torchscript/torchani/ani-1ccx_1x.pt",
         "torchscript/torchani/ani-1x_1x.pt"),
        {"aten::add.int", "aten::celu_", "aten::div.float", "prim::max.float"}),
}

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"


def inspect(program, folder, files):
    """{file: its JSON object}."""
    done = subprocess.run([program.resolve(), "ops", "--json", *files],
                          cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300)
    objects = map(json.loads, done.stdout.splitlines())
    return {answer["file"]: answer for answer in objects}


def full_names(rows):
    """{name with its overload, or without where that cannot be told}."""
    names = set()
    for row in rows:
        if row["kind"] == "control-flow":
            continue
        names.add(".".join(filter(None, (row["name"], row["overload"]))))
    return names


def unknown(rows):
    return {row["name"] for row in rows if row["overload"] is None}


def base(name):
    return name.split(".")[0]


def compare(expected, got, old, counts):
    want = set(expected["operators"])
    have = full_names(got["operators"])
    missing = want - have
    extra = have - want - COMPUTED - DROPPED.get(expected["file"], set())
    if old and {base(name) for name in have} & UPGRADED:
        missing = {name for name in missing if base(name) not in UPGRADES}
        extra = {name for name in extra if base(name) not in UPGRADED}
    untold = unknown(got["operators"])
    counts["expected"] += len(want)
    counts["equal"] += len(want & have)
    counts["untold"] += len(untold)
    for name in sorted(missing):
        if base(name) not in untold:
            yield f"missing {name}"
    for name in sorted(extra - untold):
        yield f"not expected {name}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--corpus", action="store_true")
    args = parser.parse_args()
    folder, lists = FIXTURES, FIXTURES / "operators.jsonl"
    if args.corpus:
        lists = HERE / "operators.jsonl"
        if not os.environ.get("TSINSPECT_CORPUS"):
            print("skipped: TSINSPECT_CORPUS is not set")
            return 77
        folder = pathlib.Path(os.environ["TSINSPECT_CORPUS"])
    with lists.open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["operators"]]
    answers = inspect(args.tsinspect, folder, [row["file"] for row in rows])
    counts, differences = collections.Counter(files=len(rows)), []
    for row in rows:
        found = list(compare(row, answers[row["file"]], args.corpus, counts))
        counts["files equal"] += not found
        differences += [f"{row['file']}: {text}" for text in found]
    print(dict(counts))
    for text in differences[:200]:
        print(text)
    return len(differences) > 0


if __name__ == "__main__":
    sys.exit(main())
