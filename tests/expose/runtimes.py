"""What the tests of `expose` share: running it, and comparing values."""
import json
import os
import pathlib
import subprocess
import sys

SKIPPED = 77
HERE = pathlib.Path(__file__).parent


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def corpus(pattern):
    """Files of the corpus, where TSINSPECT_CORPUS says it is."""
    folder = os.environ.get("TSINSPECT_CORPUS")
    return sorted(pathlib.Path(folder).rglob(pattern)) if folder else []


def expose(program, model, output, *options):
    """What the program says it did, or why it did not."""
    done = subprocess.run([program, "expose", model, "-o", output, "--json",
                           *options], capture_output=True, text=True,
                          timeout=120)
    result = json.loads(done.stdout)
    if done.returncode == 0:
        return result, None
    return None, result["error"]["message"]


def same(a, b):
    """Whether two values are equal, bit for bit."""
    import numpy
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if a is None or b is None:
        return a is b
    a, b = numpy.asarray(a), numpy.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == object:
        return (a == b).all()
    return a.tobytes() == b.tobytes()


class Count:
    """Counts what was compared, and keeps what is wrong."""

    def __init__(self):
        self.counts = {}
        self.problems = []

    def add(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def check(self, right, what, problem):
        if right:
            self.add(what)
        else:
            self.problems.append(problem)

    def finish(self):
        for what, number in self.counts.items():
            print(f"{number:6} {what}")
        for problem in self.problems:
            print("WRONG", problem)
        sys.exit(1 if self.problems else 0)
