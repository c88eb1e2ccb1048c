#!/usr/bin/env python3
"""Compares the names that tsinspect recovers for frozen models' constants with
what they are, as torch says: tests/fixtures/frozen/truth.jsonl, which
scripts/frozen_truth.py wrote from the models before they were frozen.

Without the original, the operator and argument that are said to take a constant
must be ones that take it. With --originals, the name must be the original's:
for a constant that stands for several equal tensors, all of their names. What
was folded in must be told.

Prints a row a file, and the differences.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
TRUTH = FIXTURES / "frozen/truth.jsonl"


def tensors(program, file, *options):
    """{name: its JSON object} of a file's constants."""
    done = subprocess.run([program.resolve(), "tensors", "--json", *options,
                           file], cwd=FIXTURES, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)["tensors"]
    return {row["name"]: row for row in rows if row["role"] == "constant"}


def compare_use(truth, row):
    """Whether operator and argument are right; None where nothing takes it."""
    if not truth["uses"]:
        return None
    evidence = row.get("evidence")
    if not evidence:
        return False
    return [evidence["operator"], evidence["argument"]] in truth["uses"]


def compare_name(truth, row):
    """Whether the name is the original's; None where it has none."""
    if not truth["names"]:
        return None
    if "recovered_name" not in row:
        return False
    evidence = row["evidence"]
    names = {row["recovered_name"], *evidence.get("also", [])}
    told = all(part in evidence["detail"] for part in truth.get("folded", []))
    return names == set(truth["names"]) and told


def parts(truth, rows):
    """[(truth, row)]: packed parameters are two rows, a weight and a bias."""
    if "class" not in truth:
        return [(truth, rows[truth["name"]])]
    return [({**truth, "names": [name]}, rows[f"{truth['name']}.{i}"])
            for i, name in enumerate(truth["floats"])]


def check(program, model, options, compare):
    """Counts of one file, and its differences."""
    rows = tensors(program, model["file"], *options)
    counts, differences = collections.Counter(), []
    for constant in model["constants"]:
        for truth, row in parts(constant, rows):
            right = compare(truth, row)
            counts[right] += 1
            if right is False:
                differences.append(
                    f"{model['file']}: {row['name']}: "
                    f"{row.get('recovered_name')} {row.get('evidence')}, "
                    f"expected {truth}")
    return counts, differences


def runs(model, originals):
    """The options to run with: each form of the original that there is."""
    if not originals:
        return [((), compare_use)]
    first = FIXTURES / model["original"]
    forms = [first, *(first.with_name(first.name.replace(".original.pt", end))
                      for end in (".state.pt", ".state.safetensors"))]
    return [(("--names-from", form), compare_name)
            for form in forms if form.exists()]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--originals", action="store_true")
    args = parser.parse_args()
    total, differences = collections.Counter(), []
    for model in map(json.loads, TRUTH.read_text().splitlines()):
        for options, compare in runs(model, args.originals):
            counts, found = check(args.tsinspect, model, options, compare)
            total += counts
            differences += found
            print(f"{model['file']:40} {counts[True]:4} right "
                  f"{counts[False]:4} wrong {counts[None]:4} without")
    print(f"{'all':40} {total[True]:4} right {total[False]:4} wrong "
          f"{total[None]:4} without")
    print("\n".join(differences))
    return len(differences) > 0


if __name__ == "__main__":
    sys.exit(main())
