#include "python/src/convert.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace noesis {
namespace nb = nanobind;
namespace {

/// A NumPy array that owns the values.
template <class T>
nb::object own(std::vector<T> values) {
  auto kept = std::make_unique<std::vector<T>>(std::move(values));
  const std::vector<T>* data = kept.get();
  const nb::capsule owner(kept.release(),
                          [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(const_cast<T*>(data->data()), {data->size()}, owner));
}

template <class T>
Array array_of(const nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>& array, Shape shape) {
  const auto* data = static_cast<const T*>(array.data());
  return Array(std::move(shape), std::vector<T>(data, data + array.size()));
}

[[noreturn]] void refuse(const std::string& where, const std::string& got) {
  throw ConfigError(
      {.what = "a value that cannot be handed on",
       .where = where,
       .got = got,
       .allowed = "arrays of float32, float64, int64, uint8 or bool, dictionaries, tuples",
       .next = {}});
}

Value value_from_python(nb::handle object, const std::string& where) {
  if (nb::isinstance<nb::dict>(object)) return dict_from_python(nb::borrow<nb::dict>(object));
  if (nb::isinstance<nb::tuple>(object)) {
    Tuple values;
    for (const nb::handle item : object) values.push_back(value_from_python(item, where));
    return values;
  }
  nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu> array;
  if (!nb::try_cast(object, array, false)) refuse(where, nb::repr(object).c_str());
  Shape shape;
  for (std::size_t i = 0; i < array.ndim(); ++i) {
    shape.push_back(static_cast<std::int64_t>(array.shape(i)));
  }
  const auto dtype = array.dtype();
  if (dtype == nb::dtype<float>()) return array_of<float>(array, std::move(shape));
  if (dtype == nb::dtype<double>()) return array_of<double>(array, std::move(shape));
  if (dtype == nb::dtype<std::int64_t>()) return array_of<std::int64_t>(array, std::move(shape));
  if (dtype == nb::dtype<std::uint8_t>() || dtype == nb::dtype<bool>()) {
    return array_of<std::uint8_t>(array, std::move(shape));
  }
  refuse(where, nb::repr(object).c_str());
}

}  // namespace

nb::object flag_view(const std::vector<std::uint8_t>& flags, nb::handle owner) {
  static_assert(sizeof(bool) == 1);
  return view(reinterpret_cast<const bool*>(flags.data()), {flags.size()}, owner);
}

Dict dict_from_python(const nb::dict& options) {
  Dict result;
  for (const auto [key, value] : options) {
    if (!nb::isinstance<nb::str>(key)) refuse("options", nb::repr(key).c_str());
    std::string name = nb::cast<std::string>(key);
    Value converted = value_from_python(value, name);
    result.emplace(std::move(name), std::move(converted));
  }
  return result;
}

nb::list info_columns(const InfoTable& table, nb::handle owner) {
  nb::list columns;
  const auto n = static_cast<std::size_t>(table.num_envs());
  for (const auto& [name, column] : table.columns()) {
    std::vector<std::size_t> shape = {n};
    if (column.width != 1) shape.push_back(static_cast<std::size_t>(column.width));
    columns.append(nb::make_tuple(name.c_str(), view(column.values.data(), shape, owner),
                                  ("_" + name).c_str(), flag_view(column.mask, owner)));
  }
  return columns;
}

nb::list info_present(const InfoTable& table) {
  nb::list present;
  for (const auto& [name, column] : table.columns()) {
    present.append(std::find(column.mask.begin(), column.mask.end(), 1) != column.mask.end());
  }
  return present;
}

nb::dict info_row(const InfoTable& table, std::int64_t env) {
  nb::dict row;
  for (const auto& [name, column] : table.columns()) {
    if (column.mask[static_cast<std::size_t>(env)] == 0) continue;
    const auto first = column.values.begin() + env * column.width;
    if (column.width == 1) {
      row[name.c_str()] = *first;
    } else {
      row[name.c_str()] = own(std::vector<double>(first, first + column.width));
    }
  }
  return row;
}

nb::dict scene_to_python(const RenderScene& scene) {
  nb::list rows;
  for (const RenderRow& row : scene.rows) {
    rows.append(nb::make_tuple(row.name.c_str(), own(row.values), row.low, row.high));
  }
  const RenderGraph& graph = scene.graph;
  nb::dict network;
  network["x"] = own(graph.x);
  network["y"] = own(graph.y);
  network["levels"] = own(graph.levels);
  network["sources"] = own(graph.sources);
  network["targets"] = own(graph.targets);
  network["weights"] = own(graph.weights);
  nb::dict result;
  result["rows"] = rows;
  result["graph"] = network;
  return result;
}

}  // namespace noesis
