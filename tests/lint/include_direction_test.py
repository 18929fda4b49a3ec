"""The rule on a tree that keeps it and on trees that break it, then on the project itself."""

import pathlib
import tempfile
import unittest

from include_direction import violations

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(files: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return list(violations(pathlib.Path(folder)))


class IncludeDirection(unittest.TestCase):
    def test_left_is_allowed(self):
        files = {
            "physics/a.cpp": '#include "core/error.hpp"\n#include <Eigen/Dense>\n',
            "gpu/backend.cu": '#include "physics/a.hpp"\n',
            "runners/factory.cpp": '#include "gpu/backend.hpp"\n',
            "runners/distributed_factory.cpp": '#include "distributed/crew.hpp"\n',
        }
        self.assertEqual(check(files), [])

    def test_right_is_refused_with_file_and_line(self):
        (line,) = check({"core/deep/a.hpp": '#pragma once\n#include "physics/state.hpp"\n'})
        self.assertTrue(line.startswith("core/deep/a.hpp:2: core must not include physics"), line)

    def test_plugins_belong_to_the_factory_alone(self):
        for name in ("physics/a.cpp", "agent/a.cpp", "runners/loop.cpp", "distributed/a.cpp"):
            self.assertEqual(len(check({name: '#include "gpu/backend.hpp"\n'})), 1, name)

    def test_server_belongs_to_the_runners_alone(self):
        self.assertEqual(check({"runners/serve.cpp": '#include "server/server.hpp"\n'}), [])
        self.assertEqual(check({"server/session.cpp": '#include "env/env.hpp"\n'}), [])
        for name, target in (("agent/a.cpp", "server"), ("env/a.cpp", "server"), ("server/a.cpp", "agent")):
            self.assertEqual(len(check({name: f'#include "{target}/a.hpp"\n'})), 1, name)

    def test_project_keeps_the_rule(self):
        self.assertEqual(list(violations(ROOT)), [])


if __name__ == "__main__":
    unittest.main()
