#!/usr/bin/env python3
"""`tsinspect verify` is clean on every file that LibTorch reads.

Of each TorchScript file of the corpus (or, with --fixtures, of the fixtures)
that torch.jit.load took when expected.jsonl was made, `verify` must say that
both readings are the same, and of at least one tensor in a file that has any. A
file that torch.jit.load refused must be refused, and one whose code reaches
outside of the process, which is listed. Files of torch.save, most of which
LibTorch cannot read, must give no difference.

Exit status 77: skipped, as TSINSPECT_CORPUS is not set.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
SCRIPTS = {"torchscript", "torchscript-frozen", "mobile-ptl"}


def verify(program, folder, files):
    """{file: its JSON object}."""
    answers = {}
    for begin in range(0, len(files), 20):
        done = subprocess.run(
            [program.resolve(), "verify", "--json",
             *files[begin:begin + 20]],
            cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=550)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            answers[answer["file"]] = answer
    return answers


def problem_of(expected, answer):
    """What is wrong with an answer; None if nothing is."""
    if answer is None:
        return "no answer: the process ended"
    if answer.get("same") is False:
        found = [f"{f['rule']} {f['where']}: {f['message']}"
                 for f in answer["findings"] if f["severity"] == "error"]
        return f"{len(found)} differences: " + "; ".join(found[:5])
    error = answer["error"]
    if expected["form"] not in SCRIPTS:
        is_fine = not error or error["kind"] in ("unsupported", "malformed",
                                                 "limit exceeded")
        return None if is_fine else error["message"]
    if error and error["kind"] == "refused":
        return None
    if error and "Legacy model format" in error["message"]:
        return None  # Archives of torch 1.0, which wheels are built without.
    is_loaded = (expected["reader"] or "").startswith("torch.jit.load")
    if expected["error"] or not is_loaded:
        return None
    if error:
        return error["message"][:300]
    count = sum(not tensor.get("optional") for tensor in expected["tensors"])
    if answer["compared"]["tensors"] < count:
        return f"compared {answer['compared']['tensors']} tensors of {count}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--fixtures", action="store_true")
    args = parser.parse_args()
    folder = FIXTURES
    if not args.fixtures:
        if not os.environ.get("TSINSPECT_CORPUS"):
            print("skipped: TSINSPECT_CORPUS is not set")
            return 77
        folder = pathlib.Path(os.environ["TSINSPECT_CORPUS"])
    wanted = {}
    with open(folder / "expected.jsonl") as lines:
        for row in map(json.loads, lines):
            if row["form"] in SCRIPTS or row["form"] == "torch-save-zip":
                if "unsafe/" not in row["file"]:
                    wanted[row["file"]] = row
    answers = verify(args.tsinspect, folder, sorted(wanted))
    counts, problems = collections.Counter(), []
    for file, expected in sorted(wanted.items()):
        answer = answers.get(file)
        problem = problem_of(expected, answer)
        if problem:
            problems.append(f"{file}: {problem}")
        elif answer["error"]:
            kind = answer["error"]["kind"]
            counts[f"{expected['form']}: {kind}"] += 1
            if expected["form"] in SCRIPTS:
                print(f"{file}: {answer['error']['message'][:200]}")
        else:
            counts[f"{expected['form']}: same"] += 1
    print("; ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    print(f"{len(problems)} problems")
    print("\n".join(problems[:100]))
    return bool(problems) or not wanted


if __name__ == "__main__":
    sys.exit(main())
