#include "runners/simulation_plot.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/hdf5_file.hpp"
#include "runners/loop/plots.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kStretches = 1024;
constexpr std::int64_t kDrawnNeurons = 60;
constexpr std::int64_t kDrawnEnvironments = 4;
constexpr std::size_t kDrawnComponents = 3;
constexpr std::int64_t kFewNeurons = 4;
constexpr std::int64_t kSpreadNeurons = 512;
constexpr std::int64_t kAttractorSamples = 2048;
constexpr std::int64_t kFrequencies = 1024;
constexpr std::size_t kStimuli = 100;
constexpr std::int64_t kBufferedValues = 1 << 18;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// At most `most` of 0 .. count - 1, evenly spread.
std::vector<std::int64_t> evenly(std::int64_t count, std::int64_t most) {
  const std::int64_t number = std::min(count, most);
  std::vector<std::int64_t> chosen(at(number));
  for (std::int64_t k = 0; k < number; ++k) chosen[at(k)] = k * count / number;
  return chosen;
}

/// A recording's arrays and their sizes.
struct Source {
  explicit Source(const std::filesystem::path& path, const SimulateConfig& config)
      : file(Hdf5File::open(path)), components(component_names(config.brain.model)) {
    if (!config.record.all_components) components.resize(1);
    names = file.read_strings("neuron_name");
    samples = file.shape("time_ms").front();
    neurons = std::ssize(names);
    environments = config.num_envs;
    start_ms = config.record.start_ms;
    interval_ms = config.record.interval_ms;
  }
  double time_ms(double sample) const { return start_ms + sample * interval_ms; }

  /// Calls f(sample, values), values being (environments x neurons), from `first` on.
  template <class F>
  void each(const std::string& component, std::int64_t first, F f) const {
    const std::int64_t row = environments * neurons;
    const std::int64_t at_once = std::max<std::int64_t>(1, kBufferedValues / row);
    for (std::int64_t t = first; t < samples; t += at_once) {
      const std::int64_t count = std::min(at_once, samples - t);
      const std::vector<double> values = file.read_rows<double>(component, t, count);
      for (std::int64_t k = 0; k < count; ++k)
        f(t + k, std::span(values).subspan(at(k * row), at(row)));
    }
  }

  Hdf5File file;
  std::vector<std::string> components, names;
  std::int64_t samples = 0, neurons = 0, environments = 1;
  double start_ms = 0, interval_ms = 1;
};

/// Between which values 80% are; `values` is used up.
std::pair<double, double> spread(std::vector<double>& values) {
  const auto rank = [&](double part) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(
                                            part * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  const double low = rank(0.1);
  return {low, rank(0.9)};
}

Json window(const Source& source, std::int64_t first) {
  const std::int64_t samples = source.samples - first;
  const std::int64_t step = (samples + kStretches - 1) / kStretches;
  const std::int64_t stretches = (samples + step - 1) / step;
  std::vector<double> sizes(at(stretches), 0), times;
  for (std::int64_t t = 0; t < samples; ++t) ++sizes[at(t / step)];
  for (std::int64_t k = 0; k < stretches; ++k) {
    times.push_back(source.time_ms(static_cast<double>(first + k * step) + (sizes[at(k)] - 1) / 2));
  }
  const std::vector<std::int64_t> drawn = evenly(source.neurons, kDrawnNeurons);
  const std::vector<std::int64_t> asked = evenly(source.neurons, kSpreadNeurons);
  const std::int64_t environments = std::min(source.environments, kDrawnEnvironments);
  std::vector<std::vector<double>> raster(drawn.size(), std::vector<double>(at(stretches), 0));
  Json means = Json::array();
  std::vector<double> spread_values;
  for (std::size_t c = 0; c < std::min(source.components.size(), kDrawnComponents); ++c) {
    std::vector<std::vector<double>> sums(at(3 * environments), std::vector<double>(at(stretches)));
    source.each(source.components[c], first, [&](std::int64_t t, std::span<const double> row) {
      const std::size_t k = at((t - first) / step);
      if (c == 0) {
        for (std::size_t i = 0; i < drawn.size(); ++i) raster[i][k] += row[at(drawn[i])] / sizes[k];
      }
      for (std::int64_t env = 0; env < environments; ++env) {
        const std::span<const double> brain =
            row.subspan(at(env * source.neurons), at(source.neurons));
        double sum = 0;
        for (const double value : brain) sum += value;
        spread_values.clear();
        for (const std::int64_t i : asked) spread_values.push_back(brain[at(i)]);
        const auto [low, high] = spread(spread_values);
        sums[at(3 * env)][k] += sum / static_cast<double>(source.neurons) / sizes[k];
        sums[at(3 * env + 1)][k] += low / sizes[k];
        sums[at(3 * env + 2)][k] += high / sizes[k];
      }
    });
    for (std::int64_t env = 0; env < environments; ++env) {
      means.push_back({{"component", source.components[c]},
                       {"environment", env},
                       {"mean", plot_numbers(sums[at(3 * env)])},
                       {"low", plot_numbers(sums[at(3 * env + 1)])},
                       {"high", plot_numbers(sums[at(3 * env + 2)])}});
    }
  }
  Json names = Json::array(), rows = Json::array(), time = Json::array();
  for (const double t : times) time.push_back(t);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    names.push_back(source.names[at(drawn[i])]);
    rows.push_back(plot_numbers(raster[i]));
  }
  return {{"samples_each", step},
          {"time_ms", time},
          {"neurons", names},
          {"raster", rows},
          {"means", means}};
}

Json points_json(const Eigen::MatrixXd& points) {
  Json rows = Json::array();
  for (Eigen::Index t = 0; t < points.rows(); ++t) {
    Json row = Json::array();
    for (Eigen::Index a = 0; a < points.cols(); ++a) row.push_back(plot_number(points(t, a)));
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Of the means of the state variables over neurons; where these are few, a mean would be of
/// nobody's, and it is the first neuron.
Json variables_plot(const Source& source, std::int64_t first) {
  const std::size_t axes = std::min(source.components.size(), kDrawnComponents);
  const bool alone = source.neurons <= kFewNeurons;
  Eigen::MatrixXd points(source.samples - first, static_cast<Eigen::Index>(axes));
  Json names = Json::array();
  for (std::size_t a = 0; a < axes; ++a) {
    names.push_back(source.components[a]);
    source.each(source.components[a], first, [&](std::int64_t t, std::span<const double> row) {
      const Eigen::Map<const Eigen::VectorXd> brain(row.data(), source.neurons);
      points(t - first, static_cast<Eigen::Index>(a)) = alone ? brain(0) : brain.mean();
    });
  }
  return {{"kind", "variables"},
          {"neuron", alone ? Json(source.names.front()) : Json(nullptr)},
          {"axes", names},
          {"points", points_json(points)}};
}

/// Of the neurons in the picture, along the directions in which they vary most.
Json components_plot(const Source& source, std::int64_t first) {
  const std::vector<std::int64_t> drawn = evenly(source.neurons, kDrawnNeurons);
  const auto units = static_cast<Eigen::Index>(drawn.size());
  Eigen::MatrixXd x(source.samples - first, units);
  source.each(source.components[0], first, [&](std::int64_t t, std::span<const double> row) {
    for (Eigen::Index i = 0; i < units; ++i)
      x(t - first, i) = row[at(drawn[static_cast<std::size_t>(i)])];
  });
  x.rowwise() -= x.colwise().mean().eval();
  const Eigen::MatrixXd covariance = x.transpose() * x / static_cast<double>(x.rows());
  const double variance = covariance.trace();
  if (units < 2 || !std::isfinite(variance) || variance < 1e-20) return nullptr;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> modes(covariance);  // ascending
  const Eigen::Index axes = std::min<Eigen::Index>(3, units);
  Eigen::MatrixXd directions = modes.eigenvectors().rightCols(axes).rowwise().reverse();
  Json names = Json::array();
  for (Eigen::Index a = 0; a < axes; ++a) {
    Eigen::Index largest = 0;
    directions.col(a).cwiseAbs().maxCoeff(&largest);
    if (directions(largest, a) < 0) directions.col(a) *= -1;  // of the two signs always the same
    char name[40];
    std::snprintf(name, sizeof name, "PC%d (%.0f%% of the variance)", static_cast<int>(a) + 1,
                  100 * modes.eigenvalues()(units - 1 - a) / variance);
    names.push_back(name);
  }
  return {
      {"kind", "principal components"}, {"axes", names}, {"points", points_json(x * directions)}};
}

Json spectrum_plot(const Hdf5File& file) {
  if (!file.contains("psd_density")) return nullptr;
  const auto frequencies = file.read<double>("psd_frequency_hz");
  const auto density = file.read<double>("psd_density");
  Json x = Json::array(), y = Json::array();
  const auto count = static_cast<double>(frequencies.size());
  std::size_t last = 0;  // the first one, which is 0 Hz, has no place on a log axis
  for (std::int64_t k = 0; k < kFrequencies; ++k) {
    const double place = std::pow(count, static_cast<double>(k + 1) / kFrequencies);
    const auto i = static_cast<std::size_t>(place + 0.5) - 1;
    if (i <= last || i >= frequencies.size()) continue;
    x.push_back(plot_number(frequencies[i]));
    y.push_back(plot_number(density[i]));
    last = i;
  }
  return {{"frequency_hz", x}, {"density", y}};
}

Json stimuli_plot(const SimulateConfig& config) {
  Json stimuli = Json::array();
  for (std::size_t k = 0; k < std::min(config.stimulus.size(), kStimuli); ++k) {
    const StimulusSpec& one = config.stimulus[k];
    Json neurons = Json::array();
    for (std::size_t i = 0; i < std::min<std::size_t>(one.neurons.size(), 8); ++i) {
      neurons.push_back(one.neurons[i]);
    }
    stimuli.push_back({{"kind", one.kind},
                       {"neurons", neurons},
                       {"num_neurons", one.neurons.size()},
                       {"environments", one.environments},
                       {"value", one.value},
                       {"start_ms", one.start_ms},
                       {"stop_ms", one.kind == "lesion" ? config.duration_ms : one.stop_ms}});
  }
  return stimuli;
}

}  // namespace

Json simulation_plot(const std::filesystem::path& recording, const SimulateConfig& config) {
  const Source source(recording, config);
  Json windows = Json::array({window(source, 0)});
  if (source.samples > kStretches) windows.push_back(window(source, source.samples - kStretches));
  const std::int64_t last = std::max<std::int64_t>(0, source.samples - kAttractorSamples);
  return {{"kind", "simulation"},
          {"samples", source.samples},
          {"interval_ms", source.interval_ms},
          {"num_neurons", source.neurons},
          {"num_environments", source.environments},
          {"windows", windows},
          {"attractor", source.components.size() > 1 ? variables_plot(source, last)
                                                     : components_plot(source, last)},
          {"spectrum", spectrum_plot(source.file)},
          {"stimuli", stimuli_plot(config)}};
}

}  // namespace noesis
