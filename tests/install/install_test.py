#!/usr/bin/env python3
"""Installs a build, moves the installed tree, and builds a program against it.

--way cmake goes through find_package, --way pkg-config through tsinspect.pc;
--way libtorch expects to be told that this component is not there.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, **options)
    print(f"$ {shlex.join(done.args)}\n{done.stdout}")
    return done


def check(*command, **options):
    done = run(*command, **options)
    if done.returncode:
        sys.exit(f"exit status {done.returncode}")
    return done.stdout


def write_model(path):
    """A safetensors file of two tensors; returns what the program prints."""
    values = {"a": struct.pack("<2f", 1.5, -2), "b": struct.pack("<1f", 3)}
    header, data = {}, b""
    for name, value in values.items():
        header[name] = {"dtype": "F32", "shape": [len(value) // 4],
                        "data_offsets": [len(data), len(data) + len(value)]}
        data += value
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return "2 tensors\n" + "".join(
        f"{name} {hashlib.sha256(value).hexdigest()}\n"
        for name, value in values.items())


def configure(args, prefix, work, *options):
    return run(args.cmake, "-S", CONSUMER, "-B", work / "consumer",
               "-G", args.generator,
               f"-DCMAKE_PREFIX_PATH={prefix}",
               f"-DCMAKE_CXX_COMPILER={args.cxx}",
               f"-DCMAKE_CXX_FLAGS={args.flags}", *options)


def build(args, prefix, work):
    """The consumer's executable, built in the way that was asked for."""
    if args.way == "cmake":
        if configure(args, prefix, work).returncode:
            sys.exit("cannot configure")
        check(args.cmake, "--build", work / "consumer")
        return work / "consumer/consumer"
    folder = next(prefix.glob("lib*/**/pkgconfig"))
    flags = check("pkg-config", "--cflags", "--libs", "tsinspect",
                  env=os.environ | {"PKG_CONFIG_PATH": str(folder)})
    check(args.cxx, "-std=c++20", *args.flags.split(), CONSUMER / "main.cpp",
          "-o", work / "main", *shlex.split(flags))
    return work / "main"


def test(args, work):
    check(args.cmake, "--install", args.build, "--prefix", work / "first")
    prefix = work / "moved"
    shutil.move(work / "first", prefix)
    if args.way == "libtorch":
        done = configure(args, prefix, work, "-DCOMPONENT=libtorch")
        if not done.returncode or "without LibTorch" not in done.stdout:
            sys.exit("expected a message that LibTorch is missing")
        return
    check(prefix / "bin/tsinspect", "--version")
    expected = write_model(work / "model.safetensors")
    got = check(build(args, prefix, work), work / "model.safetensors")
    if got != expected:
        sys.exit(f"expected:\n{expected}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", required=True,
                        choices=("cmake", "pkg-config", "libtorch"))
    parser.add_argument("--build", required=True)
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--flags", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        test(args, pathlib.Path(work))


if __name__ == "__main__":
    main()
