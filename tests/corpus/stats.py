#!/usr/bin/env python3
"""Compares `tsinspect stats` on real model files with NumPy and torch.

TSINSPECT_CORPUS names a folder with the files and expected.jsonl; see
corpus.py. Of every tensor that has `min`, `max`, `mean`, `std` there, in
float64, `min` and `max` must be the same, and `mean` and `std` within 1e-12 of
the largest magnitude: NumPy's own error.

Exit status 77: skipped.
"""
import argparse
import collections
import json
import math
import os
import pathlib
import sys

from corpus import UNSUPPORTED, Inspector

TOLERANCE = 1e-12


def number(value):
    return float(value)  # Also of "nan", "inf", "-inf".


def differ(want, got, scale):
    if got is None:
        return True
    want, got = number(want), number(got)
    if math.isnan(want) or math.isinf(want):
        return repr(want) != repr(got)
    return abs(want - got) > scale


def unlike(want, got):
    """What of one tensor's statistics differs, as text."""
    sizes = [abs(number(want[key])) for key in ("min", "max")]
    scale = max([s for s in sizes if math.isfinite(s)] or [0]) * TOLERANCE
    for key in ("min", "max", "mean", "std"):
        exact = key in ("min", "max")
        if differ(want[key], got.get(key), 0 if exact else scale):
            yield f"{key} {got.get(key)}, expected {want[key]}"


def compare(expected, got, counts):
    by_name = collections.defaultdict(list)
    for tensor in got:
        by_name[tensor["name"]].append(tensor)
    for want in expected:
        candidates = by_name[want["name"]]
        if want.get("min") is None or want.get("optional") or not candidates:
            continue  # What is missing is corpus.py's business.
        counts["tensors"] += 1
        best = min(candidates, key=lambda t: len(list(unlike(want, t))))
        candidates.remove(best)
        problems = list(unlike(want, best))
        counts["equal"] += not problems
        yield from (f"{want['name']!r}: {problem}" for problem in problems)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    args = parser.parse_args()
    corpus = os.environ.get("TSINSPECT_CORPUS")
    if not corpus:
        print("skipped: TSINSPECT_CORPUS is not set")
        return 77
    corpus = pathlib.Path(corpus)
    with (corpus / "expected.jsonl").open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines)
                if row.get("tensors") and row["form"] not in UNSUPPORTED]
    answers = Inspector(args.tsinspect, corpus)(
        "stats", files=[row["file"] for row in rows])
    counts, differences = collections.Counter(), []
    for row in rows:
        got = answers.get(row["file"], {}).get("tensors", [])
        differences += [f"{row['file']}: {text}"
                        for text in compare(row["tensors"], got, counts)]
    print(f"{len(rows)} files, {counts['tensors']} tensors, "
          f"{counts['equal']} equal")
    print("\n".join(differences[:200]))
    return len(differences) > 0


if __name__ == "__main__":
    sys.exit(main())
