#include "env/wrappers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

[[noreturn]] void refuse(const char* wrapper, std::string got, std::string allowed) {
  throw ConfigError({.what = "this wrapper does not fit the environment",
                     .where = wrapper,
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = {}});
}

const Box& box_of(const Space& space, const char* wrapper) {
  const Box* box = space.get_if<Box>();
  if (box == nullptr) refuse(wrapper, "another space", "a Box");
  return *box;
}
const Box& float_box_of(const Space& space, const char* wrapper) {
  const Box& box = box_of(space, wrapper);
  if (box.dtype == DType::kFloat32 || box.dtype == DType::kFloat64) return box;
  refuse(wrapper, "a Box of " + std::string(dtype_name(box.dtype)), "a Box of floats");
}

/// A Box like another with the same bounds everywhere.
Box with_bounds(const Box& box, double low, double high) {
  return uniform_box(box.shape, low, high, box.dtype);
}

/// The action with `map(element, low, high)` for each element.
template <class Map>
Value map_action(const Space& space, const Space& outer, const Value& action, const Map& map) {
  const Box& box = *space.get_if<Box>();
  std::vector<float> form(static_cast<std::size_t>(outer.flat_size()));
  outer.flatten(action, form);  // refuses another form
  const Array& array = *action.array();
  std::vector<double> mapped(form.size());
  for (std::size_t i = 0; i < mapped.size(); ++i) {
    mapped[i] = map(array.at(static_cast<std::int64_t>(i)), box.low[i], box.high[i]);
  }
  if (box.dtype == DType::kFloat64) return Array(box.shape, std::move(mapped));
  return Array(box.shape, std::vector<float>(mapped.begin(), mapped.end()));
}

std::vector<double> elements(const Value& value) {
  std::vector<double> x(static_cast<std::size_t>(value.array()->size()));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = value.array()->at(static_cast<std::int64_t>(i));
  return x;
}

}  // namespace

Snapshot Wrapper::snapshot() const {
  ByteWriter out;
  out.put(env_->snapshot());
  save(out);
  return out.take();
}

void Wrapper::restore(const Snapshot& snapshot) {
  ByteReader in(snapshot);
  const auto bytes = in.get<Snapshot>();
  load(in);
  in.finish();
  env_->restore(bytes);
}

ResetResult TimeLimit::reset(std::optional<std::uint64_t> seed, const Dict& options) {
  ResetResult result = inner().reset(seed, options);
  elapsed_ = 0;
  return result;
}

StepResult TimeLimit::step(const Value& action) {
  StepResult result = inner().step(action);
  ++elapsed_;
  const std::int64_t limit = spec().max_episode_steps;
  result.truncated = result.truncated || (limit > 0 && elapsed_ >= limit);
  return result;
}

ClipAction::ClipAction(std::unique_ptr<Env> env)
    : Wrapper(std::move(env)),
      space_(
          with_bounds(float_box_of(inner().action_space(), "ClipAction"), -kInfinity, kInfinity)) {}

StepResult ClipAction::step(const Value& action) {
  // Comparisons that keep NaN, which the environment refuses.
  return inner().step(map_action(
      inner().action_space(), space_, action,
      [](double x, double low, double high) { return x < low ? low : (x > high ? high : x); }));
}

RescaleAction::RescaleAction(std::unique_ptr<Env> env, double low, double high)
    : Wrapper(std::move(env)),
      space_(with_bounds(float_box_of(inner().action_space(), "RescaleAction"), low, high)),
      low_(low),
      high_(high) {
  const Box& box = *inner().action_space().get_if<Box>();
  const auto finite = [](double bound) { return std::isfinite(bound); };
  if (!std::all_of(box.low.begin(), box.low.end(), finite) ||
      !std::all_of(box.high.begin(), box.high.end(), finite)) {
    refuse("RescaleAction", "a Box without bounds", "finite bounds");
  }
  if (!(std::isfinite(low) && std::isfinite(high) && low < high)) {
    refuse("RescaleAction", "bounds " + std::to_string(low) + ", " + std::to_string(high),
           "low < high");
  }
}

StepResult RescaleAction::step(const Value& action) {
  return inner().step(
      map_action(inner().action_space(), space_, action, [this](double x, double low, double high) {
        return low + (high - low) * ((x - low_) / (high_ - low_));
      }));
}

ResetResult RecordEpisodeStatistics::reset(std::optional<std::uint64_t> seed, const Dict& options) {
  return_ = 0;
  length_ = 0;
  return inner().reset(seed, options);
}

StepResult RecordEpisodeStatistics::step(const Value& action) {
  StepResult result = inner().step(action);
  return_ += result.reward;
  ++length_;
  if (result.terminated || result.truncated) {
    result.info["episode"] = Dict{{"r", Array(return_)}, {"l", Array(length_)}};
  }
  return result;
}

void RecordEpisodeStatistics::save(ByteWriter& out) const {
  out.put(return_);
  out.put(length_);
}
void RecordEpisodeStatistics::load(ByteReader& in) {
  in.get(return_);
  in.get(length_);
}

void RunningMoments::add(const std::vector<double>& x) {
  count_ += 1;
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    const double step = x[i] - mean_[i];
    mean_[i] += step / count_;
    squares_[i] += step * (x[i] - mean_[i]);
  }
}
double RunningMoments::variance(std::size_t i) const {
  return count_ < 2 ? 1 : squares_[i] / count_;
}
void RunningMoments::save(ByteWriter& out) const {
  out.put(count_);
  out.put(mean_);
  out.put(squares_);
}
void RunningMoments::load(ByteReader& in) {
  RunningMoments read(0);
  in.get(read.count_);
  in.get(read.mean_);
  in.get(read.squares_);
  if (read.mean_.size() != mean_.size() || read.squares_.size() != mean_.size()) {
    ByteReader::fail("moments of another size", std::to_string(mean_.size()));
  }
  *this = std::move(read);
}

NormalizeObservation::NormalizeObservation(std::unique_ptr<Env> env)
    : Wrapper(std::move(env)),
      space_(uniform_box(box_of(inner().observation_space(), "NormalizeObservation").shape,
                         -kInfinity, kInfinity)),
      moments_(static_cast<std::size_t>(space_.flat_size())) {}

Value NormalizeObservation::normalize(const Value& observation) {
  const std::vector<double> x = elements(observation);
  moments_.add(x);
  std::vector<float> normal(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    normal[i] =
        static_cast<float>((x[i] - moments_.mean(i)) / std::sqrt(moments_.variance(i) + 1e-8));
  }
  return Array(observation.array()->shape(), std::move(normal));
}

ResetResult NormalizeObservation::reset(std::optional<std::uint64_t> seed, const Dict& options) {
  ResetResult result = inner().reset(seed, options);
  result.observation = normalize(result.observation);
  return result;
}

StepResult NormalizeObservation::step(const Value& action) {
  StepResult result = inner().step(action);
  result.observation = normalize(result.observation);
  return result;
}

NormalizeReward::NormalizeReward(std::unique_ptr<Env> env, double discount)
    : Wrapper(std::move(env)), discount_(discount) {
  if (!(discount >= 0 && discount <= 1)) {
    refuse("NormalizeReward", "discount " + std::to_string(discount), "0 to 1");
  }
}

StepResult NormalizeReward::step(const Value& action) {
  StepResult result = inner().step(action);
  return_ = return_ * discount_ + result.reward;
  moments_.add({return_});
  result.reward /= std::sqrt(moments_.variance(0) + 1e-8);
  if (result.terminated || result.truncated) return_ = 0;
  return result;
}

void NormalizeReward::save(ByteWriter& out) const {
  out.put(return_);
  moments_.save(out);
}
void NormalizeReward::load(ByteReader& in) {
  in.get(return_);
  moments_.load(in);
}

namespace {
/// `depth` of the Box, one above another.
Box stacked(const Box& box, std::int64_t depth) {
  if (box.dtype != DType::kFloat32 || depth < 1) {
    refuse("FrameStack", std::string(dtype_name(box.dtype)) + " and depth " + std::to_string(depth),
           "float32 and a depth of at least 1");
  }
  Box stack;
  stack.shape = box.shape;
  stack.shape.insert(stack.shape.begin(), depth);
  num_elements(stack.shape);  // one that can be counted
  for (std::int64_t k = 0; k < depth; ++k) {
    stack.low.insert(stack.low.end(), box.low.begin(), box.low.end());
    stack.high.insert(stack.high.end(), box.high.begin(), box.high.end());
  }
  return stack;
}
}  // namespace

FrameStack::FrameStack(std::unique_ptr<Env> env, std::int64_t depth)
    : Wrapper(std::move(env)),
      size_(static_cast<std::size_t>(inner().observation_space().flat_size())),
      space_(stacked(box_of(inner().observation_space(), "FrameStack"), depth)),
      frames_(static_cast<std::size_t>(space_.flat_size())) {}

Value FrameStack::push(const Value& observation) {
  const auto x = observation.array()->values<float>();
  std::copy(frames_.begin() + static_cast<std::ptrdiff_t>(size_), frames_.end(), frames_.begin());
  std::copy(x.begin(), x.end(), frames_.end() - static_cast<std::ptrdiff_t>(size_));
  return Array(space_.get_if<Box>()->shape, frames_);
}

ResetResult FrameStack::reset(std::optional<std::uint64_t> seed, const Dict& options) {
  ResetResult result = inner().reset(seed, options);
  const std::int64_t depth = space_.get_if<Box>()->shape.front();
  for (std::int64_t k = 1; k < depth; ++k) push(result.observation);
  result.observation = push(result.observation);
  return result;
}

StepResult FrameStack::step(const Value& action) {
  StepResult result = inner().step(action);
  result.observation = push(result.observation);
  return result;
}

void FrameStack::load(ByteReader& in) {
  std::vector<float> frames;
  in.get(frames);
  if (frames.size() != frames_.size()) {
    ByteReader::fail("a stack of another size", std::to_string(frames_.size()));
  }
  frames_ = std::move(frames);
}

}  // namespace noesis
