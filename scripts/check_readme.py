#!/usr/bin/env python3
"""Runs the commands a README shows and compares their output with the text.

In blocks fenced as ```console, every `$ tsinspect ...` and `$ scripts/run.sh
...` line is run in the repository's root, and what follows it, up to the next
`$ ` line, is what it must print; a line `…` stands for any number of lines. A
block fenced as ```cpp must occur in a main.cpp under tests/install/, which the
tests build and run. --rebase rewrites the output shown.
"""
import argparse
import pathlib
import re
import sys

import golden

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = list((ROOT / "tests/install").glob("*/main.cpp"))
FENCE = re.compile(r"(^```(console|cpp)\n)(.*?)(^```$)", re.M | re.S)
RUNNER = "scripts/run.sh"
ELLIPSIS = "…"


def matches(shown, got):
    pattern = "".join("(?:.*\n)*" if line == ELLIPSIS
                      else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in got))


def output(command, tsinspect):
    if command.startswith(RUNNER):  # The same program, here of any build.
        command = "tsinspect" + command[len(RUNNER):]
    out, err, _ = golden.run(command, tsinspect, ROOT)
    return golden.lines((out + err).rstrip("\n") + "\n")


def checked(block, tsinspect, problems):
    """The block with each command's output as it is now."""
    result = []
    for part in re.split(r"^(?=\$ )", block, flags=re.M):
        command, *shown = part.rstrip("\n").split("\n")
        result.append(command)
        if not command.startswith(("$ tsinspect", f"$ {RUNNER}")):
            result += shown
            continue
        got = output(command[2:], tsinspect)
        if matches(shown, got):
            result += shown
        else:
            result += got
            problems.append("\n".join([f"{command}", "--- shown", *shown,
                                       "--- printed", *got]))
    return "\n".join(result).lstrip("\n") + "\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--rebase", action="store_true")
    parser.add_argument("readme", type=pathlib.Path)
    args = parser.parse_args()
    problems = []

    def fence(match):
        start, language, block, end = match.groups()
        if language == "console":
            block = checked(block, args.tsinspect, problems)
        elif not any(block in path.read_text() for path in EXAMPLES):
            problems.append(f"not in tests/install/*/main.cpp:\n{block}")
        return start + block + end

    text = FENCE.sub(fence, args.readme.read_text())
    if args.rebase:
        args.readme.write_text(text)
    print("".join(problem + "\n" for problem in problems), end="")
    return len(problems) > 0 and not args.rebase


if __name__ == "__main__":
    sys.exit(main())
