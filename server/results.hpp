#pragma once
/// The results of steps, as the arrays of an answer.
///
/// | array                  | dtype   | shape                       | when |
/// |------------------------|---------|-----------------------------|-------------------------------|
/// | observation            | float32 | (num_envs, observation size)| always | | reward | float64 |
/// (num_envs)                  | after a step                  | | terminated, truncated  | uint8
/// | (num_envs)                  | after a step                  | | info/NAME              |
/// float64 | (num_envs[, width])         | where anybody has it          | | info/NAME/mask | uint8
/// | (num_envs)                  | where not everybody has it    | | final_observation, ... | as
/// above| as above, with final_mask   | SameStep, where one has ended |
///
/// STEP_MANY has a dimension more, in front: the steps.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "env/vector_env.hpp"
#include "server/protocol.hpp"

namespace noesis {

/// Gathers the results of one step after another. Those of a single step are to be written before
/// the environments move on.
class Results {
 public:
  Results(const VectorEnv& env, std::int64_t num_steps);

  /// Takes what the environments show now. Information only of those in `mask`, if one is given.
  void add(std::span<const std::uint8_t> mask = {});
  std::int64_t steps() const noexcept { return steps_; }

  /// `with_rewards` is false for the answer to a RESET; `many` puts the steps in front.
  void write(MessageWriter& out, bool with_rewards, bool many) const;

 private:
  /// A column that not every environment has at every step.
  struct Column {
    std::int64_t width = 1;
    std::vector<double> values;      ///< (steps x num_envs x width)
    std::vector<std::uint8_t> mask;  ///< (steps x num_envs)
  };
  bool keeps_copies() const noexcept { return capacity_ > 1; }
  using Columns = std::map<std::string, Column>;

  void add_info(const InfoTable& table, std::span<const std::uint8_t> rows,
                const std::string& prefix);
  void write_columns(MessageWriter& out, const Shape& lead) const;

  const VectorEnv& env_;
  std::int64_t capacity_;
  std::int64_t steps_ = 0;
  std::vector<float> observations_, final_observations_;
  std::vector<double> rewards_;
  std::vector<std::uint8_t> terminated_, truncated_, has_final_;
  Columns columns_;
};

}  // namespace noesis
