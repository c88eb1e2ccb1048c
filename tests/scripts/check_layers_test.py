#!/usr/bin/env python3
"""Feeds check_layers.py small trees and expects what it must say."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = (pathlib.Path(__file__).resolve().parent.parent.parent /
          "scripts/check_layers.py")


def problems(files):
    """What the script says of a tree of {path: text}, and its exit status."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, root], text=True,
                              capture_output=True)
    return done.stdout.splitlines(), done.returncode


class CheckLayers(unittest.TestCase):
    def expect(self, files, *lines):
        self.assertEqual(problems(files), (list(lines), int(bool(lines))))

    def test_own_layer_and_below_are_fine(self):
        self.expect({"lib/include/tsinspect/a.h": "#include <string>\n",
                     "lib/base/b.h": '#include "tsinspect/a.h"\n',
                     "lib/base/b.cpp": '#include "base/b.h"\n',
                     "lib/zip/z.cpp": '#include <zlib.h>\n#include "base/b.h"',
                     "cli/c.cpp": '#include "base/b.h"\nint main();\n'})

    def test_layer_above(self):
        self.expect({"lib/base/b.cpp": '#include "zip/z.h"\n',
                     "lib/zip/z.h": ""},
                    "lib/base/b.cpp: may not include zip/z.h, of a layer above")

    def test_public_header_includes_only_std(self):
        self.expect({"lib/include/tsinspect/a.h": "#include <fmt/format.h>\n"},
                    "lib/include/tsinspect/a.h: a public header may not "
                    "include fmt/format.h")

    def test_heavy_header_outside_its_folder(self):
        self.expect({"lib/base/b.cpp": "#include <torch/script.h>\n"},
                    "lib/base/b.cpp: may not include torch/script.h, only "
                    "lib/libtorch/ may")

    def test_heavy_header_in_too_many_files(self):
        self.expect({f"cli/{n}.cpp": "#include <CLI/CLI.hpp>\n" for n in "abc"},
                    "CLI/: included in 3 files, 2 at most: "
                    "cli/a.cpp, cli/b.cpp, cli/c.cpp")

    def test_library_does_not_print_or_exit(self):
        self.expect({"lib/base/b.cpp": "void f() { std::printf(\"\"); }\n",
                     "lib/base/c.cpp": "void f() { exit(1); }\n",
                     "lib/base/d.cpp": "void f() { std::cout << 1; }\n"},
                    "lib/base/b.cpp: the library may not use printf",
                    "lib/base/c.cpp: the library may not use exit",
                    "lib/base/d.cpp: the library may not use std::cout")

    def test_words_in_comments_and_strings_do_not_count(self):
        self.expect({"lib/base/b.cpp":
                     '// printf(\n/* exit( */ auto s = "std::cout";\n'})

    def test_folder_that_is_no_layer(self):
        self.expect({"lib/misc/m.h": ""}, "lib/misc/m.h: lies in no layer")


if __name__ == "__main__":
    unittest.main()
