#pragma once
/// What environments tell beside observation and reward: named columns, one row an environment.

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "env/value.hpp"

namespace noesis {

/// Columns of float64 numbers with masks of who has them. A column keeps its memory when the table
/// is cleared. Information must be a function of seeds and actions: no time, no NaN.
class InfoTable {
 public:
  struct Column {
    std::int64_t width = 1;          ///< numbers an environment; shape () when 1
    std::vector<double> values;      ///< (num_envs x width); 0 where the mask is 0
    std::vector<std::uint8_t> mask;  ///< (num_envs)
  };

  explicit InfoTable(std::int64_t num_envs) : num_envs_(num_envs) {}

  std::int64_t num_envs() const noexcept { return num_envs_; }
  /// All columns ever set since construction; some may have an empty mask.
  const std::map<std::string, Column, std::less<>>& columns() const noexcept { return columns_; }

  void set(std::string_view name, std::int64_t env, double value) {
    set(name, env, std::span(&value, 1));
  }
  /// A column has one width for good.
  void set(std::string_view name, std::int64_t env, std::span<const double> values) {
    Column& column = column_of(name, static_cast<std::int64_t>(values.size()));
    std::copy(values.begin(), values.end(), column.values.begin() + env * column.width);
    column.mask[static_cast<std::size_t>(env)] = 1;
  }

  /// Nobody has anything.
  void clear() {
    for (std::int64_t env = 0; env < num_envs_; ++env) clear(env);
  }
  void clear(std::int64_t env) {
    for (auto& [name, column] : columns_) {
      column.mask[static_cast<std::size_t>(env)] = 0;
      std::fill_n(column.values.begin() + env * column.width, column.width, 0.0);
    }
  }

  /// Copies one environment's row to a table of as many environments.
  void copy_row(std::int64_t env, InfoTable& to) const {
    for (const auto& [name, column] : columns_) {
      if (column.mask[static_cast<std::size_t>(env)] == 0) continue;
      to.set(name, env,
             std::span(column.values)
                 .subspan(static_cast<std::size_t>(env * column.width),
                          static_cast<std::size_t>(column.width)));
    }
  }

  /// One environment's information as a dictionary.
  Dict row(std::int64_t env) const {
    Dict dict;
    for (const auto& [name, column] : columns_) {
      if (column.mask[static_cast<std::size_t>(env)] == 0) continue;
      const auto first = column.values.begin() + env * column.width;
      if (column.width == 1) {
        dict.emplace(name, Array(*first));
      } else {
        dict.emplace(name, Array(std::vector<double>(first, first + column.width)));
      }
    }
    return dict;
  }

 private:
  Column& column_of(std::string_view name, std::int64_t width) {
    auto found = columns_.find(name);
    if (found == columns_.end()) {
      const auto n = static_cast<std::size_t>(num_envs_);
      found = columns_
                  .emplace(std::string(name),
                           Column{width, std::vector<double>(n * static_cast<std::size_t>(width)),
                                  std::vector<std::uint8_t>(n)})
                  .first;
    }
    ensure(found->second.width == width, "a column of information has one width");
    return found->second;
  }

  std::int64_t num_envs_;
  std::map<std::string, Column, std::less<>> columns_;
};

}  // namespace noesis
