#include "physics/verdict/recording_process.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

class RecordingProcess final : public Process {
 public:
  RecordingProcess(std::vector<double> series, std::int64_t num_units, std::int64_t num_sites,
                   double interval, std::int64_t num_starts)
      : series_(std::move(series)),
        units_(static_cast<std::size_t>(num_units)),
        samples_(series_.size() / units_),
        sites_(num_sites),
        interval_(interval),
        starts_(num_starts > 0 ? static_cast<std::size_t>(num_starts) : samples_) {}

  std::int64_t num_units() const override { return static_cast<std::int64_t>(units_); }
  std::int64_t num_sites() const override { return sites_; }
  double interval() const override { return interval_; }

  State start(std::uint64_t seed) override {
    RandomSequence random(seed, Stream::kInitialState);
    return {static_cast<double>(random.below(starts_))};
  }

  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override {
    ensure(inputs.size() == states.size() * static_cast<std::size_t>(sites_) &&
               observations.size() == states.size() * units_,
           "one input a site and one observation a unit and state");
    for (std::size_t k = 0; k < states.size(); ++k) {
      const auto position = static_cast<std::size_t>(states[k][0]);
      std::copy_n(series_.data() + position * units_, units_, observations.data() + k * units_);
      states[k][0] = static_cast<double>((position + 1) % samples_);
    }
  }

 private:
  std::vector<double> series_;
  std::size_t units_;
  std::size_t samples_;
  std::int64_t sites_;
  double interval_;
  std::size_t starts_;
};

class RescaledProcess final : public Process {
 public:
  RescaledProcess(std::unique_ptr<Process> process, std::vector<double> offset,
                  std::vector<double> scale)
      : process_(std::move(process)), offset_(std::move(offset)), scale_(std::move(scale)) {}

  std::int64_t num_units() const override { return process_->num_units(); }
  std::int64_t num_sites() const override { return process_->num_sites(); }
  double interval() const override { return process_->interval(); }
  State start(std::uint64_t seed) override { return process_->start(seed); }

  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override {
    process_->step(states, inputs, observations);
    const std::size_t units = scale_.size();
    for (std::size_t k = 0; k < observations.size(); ++k) {
      observations[k] = offset_[k % units] + scale_[k % units] * observations[k];
    }
  }

 private:
  std::unique_ptr<Process> process_;
  std::vector<double> offset_, scale_;
};

}  // namespace

std::unique_ptr<Process> make_recording_process(std::vector<double> series, std::int64_t num_units,
                                                std::int64_t num_sites, double interval,
                                                std::int64_t num_starts) {
  if (num_units < 1 || series.empty() || series.size() % static_cast<std::size_t>(num_units) != 0 ||
      num_starts < 0 || num_starts > std::ssize(series) / num_units) {
    throw ConfigError({.what = "not a recording of whole samples, with as many starts",
                       .where = {},
                       .got = std::to_string(series.size()) + " values",
                       .allowed = "a positive multiple of " + std::to_string(num_units),
                       .next = {}});
  }
  return std::make_unique<RecordingProcess>(std::move(series), num_units, num_sites, interval,
                                            num_starts);
}

std::unique_ptr<Process> make_rescaled_process(std::unique_ptr<Process> process,
                                               std::vector<double> offset,
                                               std::vector<double> scale) {
  const auto units = static_cast<std::size_t>(process->num_units());
  ensure(offset.size() == units && scale.size() == units, "an offset and a scale for each unit");
  return std::make_unique<RescaledProcess>(std::move(process), std::move(offset), std::move(scale));
}

}  // namespace noesis
