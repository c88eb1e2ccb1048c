#!/usr/bin/env python3
"""Draws what `tsinspect graph` prints for every TorchScript fixture.

Graphviz must take the module graph and the data flow of forward, each as it is
and with --all, without a word on stderr, and make a picture of each. Exit
status 77: skipped.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
WAYS = [(), ("--all",), ("--flow", "forward"), ("--flow", "forward", "--all")]


def run(command, stdin=b""):
    return subprocess.run(command, input=stdin, cwd=FIXTURES,
                          capture_output=True, timeout=120)


def with_program(tsinspect):
    """The fixtures that have a graph."""
    files = sorted(path.relative_to(FIXTURES).as_posix()
                   for path in FIXTURES.rglob("*.pt*"))
    done = run([tsinspect, "graph", "--json", *files])
    answers = map(json.loads, done.stdout.splitlines())
    return [answer["file"] for answer in answers if not answer["error"]]


def problems(tsinspect, file):
    graphs = b""
    for way in WAYS:
        done = run([tsinspect, "graph", file, *way])
        if done.returncode:
            yield f"{file}: graph {' '.join(way)}: {done.stderr.decode()}"
        graphs += done.stdout
    drawn = run(["dot", "-Tsvg"], graphs)
    if drawn.returncode or drawn.stderr:
        yield f"{file}: dot: {drawn.returncode}: {drawn.stderr.decode()}"
    if drawn.stdout.count(b"</svg>") != len(WAYS):
        yield f"{file}: {drawn.stdout.count(b'</svg>')} pictures"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    tsinspect = parser.parse_args().tsinspect.resolve()
    if not shutil.which("dot"):
        print("skipped: there is no dot; Debian's package is graphviz")
        return 77
    files = with_program(tsinspect)
    found = [text for file in files for text in problems(tsinspect, file)]
    print(f"{len(files)} files, {len(WAYS)} graphs each")
    print("\n".join(found))
    return len(found) > 0 or not files


if __name__ == "__main__":
    sys.exit(main())
