#!/usr/bin/env python3
"""Installs a build, moves the installed tree, and builds a program against it.

--way cmake goes through find_package, --way pkg-config through tsinspect.pc;
--way libtorch asks for the component libtorch, and, of a build without it,
expects to be told that it is not there.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CONSUMER = HERE / "consumer"
SERVING = HERE / "serving"
MODEL = HERE.parent / "fixtures/frozen/branches.original.pt"


def run(*command, stdin="", **options):
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          input=stdin, **options)
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


def configure(args, prefix, work, *options, source=CONSUMER, flags=""):
    return run(args.cmake, "-S", source, "-B", work / source.name,
               "-G", args.generator,
               f"-DCMAKE_PREFIX_PATH={prefix}",
               f"-DCMAKE_CXX_COMPILER={args.cxx}",
               f"-DCMAKE_CXX_FLAGS={args.flags} {flags}", *options)


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


def test_core(args, prefix, work):
    check(prefix / "bin/tsinspect", "--version")
    expected = write_model(work / "model.safetensors")
    got = check(build(args, prefix, work), work / "model.safetensors")
    if got != expected:
        sys.exit(f"expected:\n{expected}")


def expect_refusal(args, prefix, work, message, *options, **more):
    """find_package() fails with a message that has this text in it."""
    done = configure(args, prefix, work, *options, **more)
    shutil.rmtree(work / more.get("source", CONSUMER).name)
    # CMake wraps messages where it likes.
    if not done.returncode or message not in " ".join(done.stdout.split()):
        sys.exit(f"expected a message: {message}")


def write_other_torch(folder):
    """A LibTorch of a version that there never was."""
    folder.mkdir()
    (folder / "TorchConfig.cmake").write_text("set(Torch_FOUND TRUE)\n")
    (folder / "TorchConfigVersion.cmake").write_text(
        'set(PACKAGE_VERSION "0.0.7")\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n')


def parameter(prefix, name):
    shown = check(prefix / "bin/tsinspect", "show", "--json", MODEL, name)
    return json.loads(shown)["tensors"][0]["values"]


def close_to(text, expected):
    """Is the row of numbers this, as far as its digits go?"""
    got = [float(word) for word in text.split()]
    return len(got) == len(expected) and all(
        abs(a - b) <= 1e-4 * max(1, abs(b)) for a, b in zip(got, expected))


def test_serving(prefix, work):
    """What the serving loop prints, against arithmetic of our own."""
    scale = parameter(prefix, "odd")
    rows = {"small": [0.5, -0.25, 1, 0.125], "large": [3, -2, 0.5, 4]}
    got = check(work / "serving/serving", MODEL, stdin="".join(
        " ".join(map(str, row)) + "\n" for row in rows.values()))
    number = r" *(-?[\d.]+ +-?[\d.]+)\n\[ CPUFloatType\{1,2\} \]\n"
    pattern = rf"(\w+) \[1, 4\]:\n{number}\(root\) \[1, 4\]:\n{number}{number}"
    runs = re.findall(pattern, got)
    if [run[0] for run in runs] != list(rows) or re.sub(pattern, "", got):
        sys.exit("expected each input's submodule, the root, and the output")
    for name, of_submodule, of_root, output in runs:
        hidden = [
            sum(w * x for w, x in zip(weights, rows[name])) + bias
            for weights, bias in zip(parameter(prefix, f"{name}.weight"),
                                     parameter(prefix, f"{name}.bias"))]
        scaled = [a * b for a, b in zip(hidden, scale)]
        if not (close_to(of_submodule, hidden) and close_to(of_root, scaled)
                and output == of_root):
            sys.exit(f"expected {hidden} of {name}, then {scaled}")


def libraries(executable):
    """Where it finds LibTorch's libraries."""
    return {line.split("(")[0] for line in check("ldd", executable).split("\n")
            if "torch" in line or "c10" in line}


def test_executables(args, prefix):
    """The installed pair: finds each other and the LibTorch that it was built
    with, refuses another version's half."""
    tsinspect = prefix / "bin/tsinspect"
    half = "libexec/tsinspect/tsinspect-libtorch"
    if libraries(prefix / half) != libraries(pathlib.Path(args.build) / half):
        sys.exit("expected the same libraries as in the build folder")
    version = prefix / "libexec/tsinspect/tsinspect-libtorch.version"
    said = check(tsinspect, "--version")
    if said != version.read_text():
        sys.exit(f"expected {version.read_text()}")
    if check(version.with_suffix(""), "--version") != said:
        sys.exit("expected the same of both executables")
    version.write_text("tsinspect 0.0.7\nLibTorch 2.0.0\n")
    done = run(tsinspect, "run", MODEL)
    if done.returncode != 2 or "is of tsinspect 0.0.7" not in done.stdout or (
            done.stdout.count("\n") != 1):
        sys.exit("expected one line, and exit status 2")


def test_libtorch(args, prefix, work):
    if not (prefix / "libexec/tsinspect/tsinspect-libtorch").exists():
        expect_refusal(args, prefix, work, "without LibTorch",
                       "-DCOMPONENT=libtorch")
        return
    serving = {"source": SERVING}
    write_other_torch(work / "other")
    expect_refusal(args, prefix, work, "but LibTorch 0.0.7 was found",
                   f"-DTorch_DIR={work / 'other'}", **serving)
    version = prefix / "libexec/tsinspect/tsinspect-libtorch.version"
    if "LibTorch 1." not in version.read_text():  # Which sets the ABI itself.
        expect_refusal(args, prefix, work, "built with _GLIBCXX_USE_CXX11_ABI=1",
                       flags="-D_GLIBCXX_USE_CXX11_ABI=0", **serving)
    if configure(args, prefix, work, **serving).returncode:
        sys.exit("cannot configure")
    check(args.cmake, "--build", work / "serving")
    test_serving(prefix, work)
    test_executables(args, prefix)


def test(args, work):
    check(args.cmake, "--install", args.build, "--prefix", work / "first")
    prefix = work / "moved"
    shutil.move(work / "first", prefix)
    test_way = test_libtorch if args.way == "libtorch" else test_core
    test_way(args, prefix, work)


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
