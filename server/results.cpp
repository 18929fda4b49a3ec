#include "server/results.hpp"

#include <algorithm>

namespace noesis {
namespace {

template <class T>
void append(std::vector<T>& to, std::span<const T> values) {
  to.insert(to.end(), values.begin(), values.end());
}

bool all_set(std::span<const std::uint8_t> mask) {
  return std::find(mask.begin(), mask.end(), std::uint8_t{0}) == mask.end();
}
bool any_set(std::span<const std::uint8_t> mask) {
  return std::any_of(mask.begin(), mask.end(), [](std::uint8_t m) { return m != 0; });
}

Shape with(Shape lead, std::int64_t last) {
  lead.push_back(last);
  return lead;
}

}  // namespace

Results::Results(const VectorEnv& env, std::int64_t num_steps) : env_(env), capacity_(num_steps) {
  if (keeps_copies()) {
    observations_.reserve(static_cast<std::size_t>(num_steps) * env.observations().size());
  }
}

void Results::add(std::span<const std::uint8_t> mask) {
  if (keeps_copies()) {
    append(observations_, env_.observations());
    append(rewards_, env_.rewards());
    append(terminated_, env_.terminated());
    append(truncated_, env_.truncated());
  }
  add_info(env_.info(), mask, "info/");
  const auto has_final = env_.has_final();
  append(has_final_, has_final);
  if (any_set(has_final)) {
    const auto size = static_cast<std::size_t>(steps_) * env_.final_observations().size();
    final_observations_.resize(size);
    append(final_observations_, env_.final_observations());
    add_info(env_.final_info(), has_final, "final_info/");
  }
  ++steps_;
}

void Results::add_info(const InfoTable& table, std::span<const std::uint8_t> rows,
                       const std::string& prefix) {
  const auto n = static_cast<std::size_t>(env_.num_envs());
  const std::size_t first = static_cast<std::size_t>(steps_) * n;
  for (const auto& [name, column] : table.columns()) {
    if (!any_set(column.mask)) continue;
    const auto width = static_cast<std::size_t>(column.width);
    Column& kept = columns_[prefix + name];
    kept.width = column.width;
    kept.mask.resize(first + n);
    kept.values.resize((first + n) * width);
    for (std::size_t e = 0; e < n; ++e) {
      if (column.mask[e] == 0 || (!rows.empty() && rows[e] == 0)) continue;
      kept.mask[first + e] = 1;
      std::copy_n(column.values.data() + e * width, width,
                  kept.values.data() + (first + e) * width);
    }
  }
}

void Results::write(MessageWriter& out, bool with_rewards, bool many) const {
  Shape lead;
  if (many) lead.push_back(steps_);
  lead.push_back(env_.num_envs());
  const Shape observation = with(lead, env_.observation_size());
  // Those of one step are still where the environments have them.
  const auto kept = [&]<class T>(const std::vector<T>& copies, std::span<const T> last) {
    return keeps_copies() ? std::span<const T>(copies) : last;
  };
  const auto observations = kept(observations_, env_.observations());
  out.reserve(observations.size_bytes() + 1024 * static_cast<std::size_t>(steps_) +
              256 * static_cast<std::size_t>(steps_ * env_.num_envs()));
  out.array<float>("observation", observation, observations);
  if (with_rewards) {
    out.array<double>("reward", lead, kept(rewards_, env_.rewards()));
    out.array<std::uint8_t>("terminated", lead, kept(terminated_, env_.terminated()));
    out.array<std::uint8_t>("truncated", lead, kept(truncated_, env_.truncated()));
  }
  write_columns(out, lead);
  if (final_observations_.empty()) return;
  std::vector<float> final = final_observations_;
  final.resize(observations.size());
  out.array<float>("final_observation", observation, final);
  out.array<std::uint8_t>("final_mask", lead, has_final_);
}

void Results::write_columns(MessageWriter& out, const Shape& lead) const {
  const auto rows = static_cast<std::size_t>(steps_ * env_.num_envs());
  for (const auto& [name, column] : columns_) {
    std::vector<double> values = column.values;
    std::vector<std::uint8_t> mask = column.mask;
    values.resize(rows * static_cast<std::size_t>(column.width));
    mask.resize(rows);
    if (!any_set(mask)) continue;
    out.array<double>(name, column.width == 1 ? lead : with(lead, column.width), values);
    if (!all_set(mask)) out.array<std::uint8_t>(name + "/mask", lead, mask);
  }
}

}  // namespace noesis
