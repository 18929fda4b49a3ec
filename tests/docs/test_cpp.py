"""C++ in the documents is compiled, each block in a frame with what the text around it speaks of."""

import os
import shutil
import subprocess

import pytest
from pages import ROOT, all_pages

FUNCTION = "{includes}\n#include <cstdio>\nvoid example({parameters}) {{\n{using}\n{body}\n}}\n"

# Page -> headers and parameters of the function that the block is the body of.
FRAMES = {
    "docs/environments/README.md": (["env/registry.hpp", "env/vector_env.hpp"], "std::span<const float> actions"),
    "docs/guides/verdicts.md": (
        ["physics/subject.hpp", "physics/verdict/evidence.hpp", "physics/verdict/reference.hpp", "physics/verdict/verdict.hpp"],
        "noesis::Process& candidate",
    ),
    "docs/guides/distributed.md": (
        ["physics/simulation.hpp"],
        "std::shared_ptr<const noesis::Connectome> connectome, noesis::BrainSpec spec, std::uint64_t seed, "
        "const noesis::ThreadArena& arena",
    ),
    "docs/guides/plasticity.md": (
        ["physics/simulation.hpp", *(f"physics/plasticity/{name}.hpp" for name in (
            "carry_over", "homeostasis", "neurogenesis", "plastic_connectome", "pruning", "weight_decay"))],
        "const noesis::Connectome& connectome, std::uint64_t seed, std::span<const double> rates, std::span<double> bias, "
        "double dt, double prediction_error, const noesis::BrainSpec& spec, const noesis::Simulation<double>& simulation",
    ),
}
FRAME_HEADERS = {"docs/guides/add-a-plasticity-rule.md": ["examples/templates/own_rule.hpp", "physics/simulation.hpp"]}
# Pages whose block is a whole file, and what is to be made of it.
WHOLE = {
    "docs/guides/add-a-model.md": """
noesis::Dual<double> slope(noesis::Dual<double> x) {
  const noesis::LinearThreshold<double> model(noesis::LinearThresholdParameters{});
  const noesis::Dual<double> drive{0}, state = model.output(&x);
  noesis::Dual<double> derivative{0};
  model.derivative(&state, drive, drive, drive, &derivative);
  return derivative;
}
""",
}
BLOCKS = [block for page in all_pages() for block in page.blocks if block.language == "cpp"
          and page.name != "README.md" and (block.edit is None or block.edit[0] == "file")]


def framed(block):
    if block.page in WHOLE:
        return block.text.replace("#pragma once", "") + WHOLE[block.page]
    headers, parameters = FRAMES.get(block.page) or (FRAME_HEADERS[block.page], block.frame)
    lines = block.text.splitlines()
    includes = [f'#include "{name}"' for name in headers] + [line for line in lines if line.startswith("#include")]
    using = "" if "noesis::" in block.text else "using namespace noesis;"
    body = "\n".join(line for line in lines if not line.startswith("#include"))
    return FUNCTION.format(includes="\n".join(includes), parameters=parameters, using=using, body=body)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_cpp_compiles(block, tmp_path):
    compiler = os.environ.get("NOESIS_CXX") or shutil.which("c++")
    assert block.page in FRAMES or block.page in WHOLE or block.frame, f"{block}: say in FRAMES what the block needs"
    source = tmp_path / "block.cpp"
    source.write_text(framed(block), encoding="utf-8")
    done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", f"-I{ROOT}", str(source)],
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{block}:\n{done.stderr[:3000]}"
