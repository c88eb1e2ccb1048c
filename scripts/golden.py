#!/usr/bin/env python3
"""Runs golden tests; with --rebase, rewrites them to the current output.

A test is one text file: a `$ tsinspect ...` line, then exactly what the command
prints: stdout, then stderr lines marked `! `, then `= status` if it is not 0.
The command is bash's (pipes work, with pipefail) and runs in tests/fixtures.
Lines before it that start with `#` are kept; `# environment: COLUMNS=40` sets
variables for the test.
"""
import argparse
import difflib
import os
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "tests/fixtures"
ENVIRONMENT = "# environment: "


def run(command, tsinspect, cwd, variables=()):
    """stdout, stderr and status of a shell command with `tsinspect` in it."""
    environment = {k: v for k, v in os.environ.items()
                   if k.endswith("SAN_OPTIONS")}
    path = f"{tsinspect.resolve().parent}:{os.environ['PATH']}"
    environment |= {"PATH": path, "HOME": "/", "LANG": "C.UTF-8",
                    "LC_ALL": "C.UTF-8", "COLUMNS": "80",
                    "NO_COLOR": "1", **dict(variables)}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=cwd,
                          env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=120)
    texts = [t.decode(errors="backslashreplace")
             for t in (done.stdout, done.stderr)]
    return *texts, done.returncode


def lines(text):
    """The lines of an output, one more if it does not end its last one."""
    *whole, rest = text.split("\n")
    return whole + ([rest, "\\ no newline at the end"] if rest else [])


def current(test, tsinspect):
    """What the file of a test should be."""
    head, variables = [], []
    for line in test.read_text().split("\n"):
        head.append(line)
        if line.startswith(ENVIRONMENT):
            variables += [word.split("=", 1)
                          for word in line[len(ENVIRONMENT):].split()]
        if not line.startswith("#"):
            break
    if not head[-1].startswith("$ tsinspect"):
        raise SystemExit(f"{test}: no `$ tsinspect` line")
    out, err, status = run(head[-1][2:], tsinspect, FIXTURES, variables)
    result = head + lines(out) + ["! " + line for line in lines(err)]
    if status:
        result.append(f"= {status}")
    return "\n".join(result) + "\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--rebase", action="store_true")
    parser.add_argument("tests", metavar="FILE", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    failed = 0
    for test in args.tests:
        got, expected = current(test, args.tsinspect), test.read_text()
        if got == expected:
            continue
        if args.rebase:
            test.write_text(got)
        else:
            failed += 1
            sys.stdout.writelines(difflib.unified_diff(
                expected.splitlines(True), got.splitlines(True),
                f"{test} (expected)", f"{test} (now)"))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
