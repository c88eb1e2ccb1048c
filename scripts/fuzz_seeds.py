#!/usr/bin/env python3
"""Assembles what the fuzz targets start from: fuzz_seeds.py FOLDER [CORPUS].

Writes FOLDER/<target>/: whole fixtures for zip_fuzz and open_fuzz, and what
lies in them for pickle_fuzz (pickles), torchscript_fuzz and program_fuzz
(source), debug_records_fuzz (what the source was made from), and onnx_text_fuzz
(models as text). Model files below CORPUS are taken, too. Each seed is named by
its hash.
"""
import hashlib
import pathlib
import sys
import zipfile

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "tests/fixtures"
MOST_BYTES = 64 << 10


def seeds(file):
    """(target, bytes) for all that a file is good for."""
    data = file.read_bytes()
    yield "open_fuzz", data
    if file.name.endswith(".onnx.txt"):
        yield "onnx_text_fuzz", data
    if not zipfile.is_zipfile(file):
        yield "pickle_fuzz", data
        return
    yield "zip_fuzz", data
    with zipfile.ZipFile(file) as opened:
        for info in opened.infolist():
            for suffix, target in ((".pkl", "pickle_fuzz"),
                                   ("debug_pkl", "pickle_fuzz"),
                                   ("debug_pkl", "debug_records_fuzz"),
                                   (".py", "torchscript_fuzz"),
                                   (".py", "program_fuzz")):
                if info.filename.endswith(suffix):
                    yield target, opened.read(info)


def main():
    out = pathlib.Path(sys.argv[1])
    for folder in [FIXTURES, *map(pathlib.Path, sys.argv[2:])]:
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or file.stat().st_size > MOST_BYTES:
                continue
            try:
                found = list(seeds(file))
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
                continue  # Damaged or encrypted.
            for target, data in found:
                name = hashlib.sha256(data).hexdigest()[:16]
                (out / target).mkdir(parents=True, exist_ok=True)
                (out / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
