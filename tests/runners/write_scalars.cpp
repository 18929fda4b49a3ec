// write_scalars DIR [RESUME_STEP]: logs steps 0 to 9, or those after RESUME_STEP to 12, for the
// test that reads them with TensorBoard.

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "runners/run_scalars.hpp"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool resumes = argc > 2;
  const std::int64_t first = resumes ? std::atoll(argv[2]) + 1 : 0;
  noesis::RunScalars scalars(argv[1],
                             resumes ? std::optional<std::int64_t>(first - 1) : std::nullopt);
  for (std::int64_t step = first; step < (resumes ? 13 : 10); ++step) {
    scalars.scalar("losses/value_loss", step, 1.0 / (1.0 + static_cast<double>(step)));
    scalars.scalar("charts/episodic_return", step, resumes ? -1e30 : 1e30);
    if (step == 3) scalars.scalar("losses/\u03bb", step, std::nan(""));
  }
  scalars.flush();
  return 0;
}
