#pragma once
/// Between C++ values and Python objects.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <vector>

#include "env/info.hpp"
#include "env/render.hpp"
#include "env/value.hpp"

namespace noesis {

/// A read-only NumPy array over memory that `owner` (a Python object) keeps alive.
template <class T>
nanobind::object view(const T* data, const std::vector<std::size_t>& shape,
                      nanobind::handle owner) {
  return nanobind::cast(
      nanobind::ndarray<nanobind::numpy, const T>(data, shape.size(), shape.data(), owner));
}
/// Flags, 0 or 1, as bool.
nanobind::object flag_view(const std::vector<std::uint8_t>& flags, nanobind::handle owner);

/// A dictionary of arrays (float32, float64, int64, uint8, bool), dictionaries and tuples.
/// @throws ConfigError for anything else.
Dict dict_from_python(const nanobind::dict& options);

/// The columns of a table: [(name, values, mask name, mask)], views.
nanobind::list info_columns(const InfoTable& table, nanobind::handle owner);
/// Which of them somebody has, in that order.
nanobind::list info_present(const InfoTable& table);
/// One environment's information: numbers, and arrays of its own.
nanobind::dict info_row(const InfoTable& table, std::int64_t env);

/// {"rows": [(name, values, low, high)], "graph": {"x", "y", "levels", "sources", "targets",
/// "weights"}}, all arrays.
nanobind::dict scene_to_python(const RenderScene& scene);

}  // namespace noesis
