"""The rule on a tree that keeps it and on one that breaks it, then on the project itself."""

import pathlib
import tempfile
import unittest

from gpu_symbols import violations

ROOT = pathlib.Path(__file__).resolve().parents[2]


class GpuSymbols(unittest.TestCase):
    def test_one_header_may_and_no_other_file(self):
        call = "auto error = cudaMalloc(&memory, 1);\nhipFree(memory);\n"
        with tempfile.TemporaryDirectory() as folder:
            for name in ("gpu/gpu_api.hpp", "gpu/kernels/a.cu", "runners/b.cpp"):
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(call)
            found = list(violations(pathlib.Path(folder)))
        self.assertEqual(len(found), 4, found)
        self.assertTrue(found[0].startswith("gpu/kernels/a.cu:1: cudaMalloc"), found[0])

    def test_project_keeps_the_rule(self):
        self.assertEqual(list(violations(ROOT)), [])


if __name__ == "__main__":
    unittest.main()
