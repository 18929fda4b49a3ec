#include "runners/loop/learning_curves.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "runners/run_scalars.hpp"

namespace noesis {

void log_learning_curves(const std::filesystem::path& folder) {
  std::vector<std::tuple<std::int64_t, std::string, double>> points;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "parts")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("phase2-") || !name.ends_with(".plot.json")) continue;
    std::ifstream stream(entry.path());
    const auto plot = nlohmann::json::parse(stream);
    if (!plot.contains("learning_curve")) continue;
    const std::string tag = "emulator/" + plot.at("subject").get<std::string>() + "/" +
                            plot.at("hypothesis").get<std::string>() + "/" +
                            std::to_string(plot.at("seed").get<std::int64_t>()) + "/loss";
    const auto& curve = plot.at("learning_curve");
    for (std::size_t k = 0; k < curve.at("update").size(); ++k) {
      if (!curve.at("loss")[k].is_number()) continue;
      points.emplace_back(curve.at("update")[k].get<std::int64_t>(), tag,
                          curve.at("loss")[k].get<double>());
    }
  }
  // A log's steps do not fall.
  std::ranges::sort(points);
  RunScalars scalars(folder);
  for (const auto& [step, tag, value] : points) scalars.scalar(tag, step, value);
  scalars.flush();
}

}  // namespace noesis
