#include "env/space.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace noesis {
namespace {

[[noreturn]] void refuse(const std::string& space, std::string got, std::string allowed) {
  throw ConfigError({.what = "a space that cannot be",
                     .where = space,
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = {}});
}

std::int64_t elements(const char* space, const Shape& shape) {
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t n) { return n < 0; })) {
    refuse(space, "shape " + shape_text(shape), "lengths that are not negative");
  }
  return num_elements(shape);
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t total = 0;
  if (__builtin_add_overflow(a, b, &total)) refuse("flat form", "too many elements", {});
  return total;
}

std::int64_t flat_size_of(const Box& box) {
  const std::int64_t count = elements("Box", box.shape);
  if (count != std::ssize(box.low) || count != std::ssize(box.high)) {
    refuse("Box",
           std::to_string(box.low.size()) + " and " + std::to_string(box.high.size()) +
               " bounds for shape " + shape_text(box.shape),
           "a low and a high bound for each element");
  }
  for (std::size_t i = 0; i < box.low.size(); ++i) {
    if (!(box.low[i] <= box.high[i])) {
      refuse("Box",
             "bounds [" + std::to_string(box.low[i]) + ", " + std::to_string(box.high[i]) +
                 "] of element " + std::to_string(i),
             "low <= high");
    }
  }
  return count;
}
std::int64_t flat_size_of(const Discrete& discrete) {
  if (discrete.n < 1) refuse("Discrete", "n = " + std::to_string(discrete.n), "n >= 1");
  return discrete.n;
}
std::int64_t flat_size_of(const MultiDiscrete& space) {
  std::int64_t total = 0;
  for (const std::int64_t n : space.nvec) {
    if (n < 1) refuse("MultiDiscrete", "n = " + std::to_string(n), "n >= 1");
    total = sum(total, n);
  }
  return total;
}
std::int64_t flat_size_of(const MultiBinary& space) { return elements("MultiBinary", space.shape); }
std::int64_t flat_size_of(const DictSpace& dict) {
  std::int64_t total = 0;
  for (const auto& [key, space] : dict.spaces) total = sum(total, space.flat_size());
  return total;
}
std::int64_t flat_size_of(const TupleSpace& tuple) {
  std::int64_t total = 0;
  for (const Space& space : tuple.spaces) total = sum(total, space.flat_size());
  return total;
}

/// Bounds of a float32 box are float32 themselves, so that they lie in the box.
Box rounded(Box box) {
  if (box.dtype != DType::kFloat32) return box;
  for (double& bound : box.low) bound = static_cast<float>(bound);
  for (double& bound : box.high) bound = static_cast<float>(bound);
  return box;
}

/// The array in `value`, or why it is not one of that dtype and shape.
std::string array_violation(const Value& value, DType dtype, const Shape& shape) {
  const Array* array = value.array();
  if (array == nullptr) return "it is no array";
  if (array->dtype() != dtype) {
    return "dtype " + std::string(dtype_name(array->dtype())) + " is not " +
           std::string(dtype_name(dtype));
  }
  if (array->shape() != shape) {
    return "shape " + shape_text(array->shape()) + " is not " + shape_text(shape);
  }
  return {};
}

std::string outside(std::int64_t i, double value, double low, double high) {
  return "[" + std::to_string(i) + "] = " + std::to_string(value) + " is not in [" +
         std::to_string(low) + ", " + std::to_string(high) + "]";
}

/// The first element outside what `bounds(i)` gives as {low, high}.
template <class Bounds>
std::string range_violation(const Array& array, const Bounds& bounds) {
  for (std::int64_t i = 0; i < array.size(); ++i) {
    const auto [low, high] = bounds(static_cast<std::size_t>(i));
    const double value = array.at(i);
    if (!(value >= low && value <= high)) return outside(i, value, low, high);
  }
  return {};
}

std::string violation_of(const Box& box, const Value& value) {
  std::string form = array_violation(value, box.dtype, box.shape);
  if (!form.empty()) return form;
  return range_violation(*value.array(),
                         [&](std::size_t i) { return std::pair(box.low[i], box.high[i]); });
}
std::string violation_of(const Discrete& space, const Value& value) {
  std::string form = array_violation(value, DType::kInt64, {});
  if (!form.empty()) return form;
  const std::int64_t x = value.array()->values<std::int64_t>()[0];
  const auto place = static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(space.start);
  if (x >= space.start && place < static_cast<std::uint64_t>(space.n)) return {};
  return std::to_string(x) + " is not one of " + std::to_string(space.n) + " from " +
         std::to_string(space.start);
}
std::string violation_of(const MultiDiscrete& space, const Value& value) {
  std::string form = array_violation(value, DType::kInt64, {std::ssize(space.nvec)});
  if (!form.empty()) return form;
  return range_violation(*value.array(), [&](std::size_t i) {
    return std::pair(0.0, static_cast<double>(space.nvec[i] - 1));
  });
}
std::string violation_of(const MultiBinary& space, const Value& value) {
  std::string form = array_violation(value, DType::kUint8, space.shape);
  if (!form.empty()) return form;
  return range_violation(*value.array(), [](std::size_t) { return std::pair(0.0, 1.0); });
}
std::string violation_of(const DictSpace& space, const Value& value) {
  const Dict* dict = value.dict();
  if (dict == nullptr) return "it is no dictionary";
  for (const auto& [key, part] : *dict) {
    if (!space.spaces.contains(key)) return "key '" + key + "' is unknown";
  }
  for (const auto& [key, part] : space.spaces) {
    const auto found = dict->find(key);
    if (found == dict->end()) return "key '" + key + "' is missing";
    const std::string inner = part.violation(found->second);
    if (!inner.empty()) return std::string(key).append(": ").append(inner);
  }
  return {};
}
std::string violation_of(const TupleSpace& space, const Value& value) {
  const Tuple* tuple = value.tuple();
  if (tuple == nullptr) return "it is no tuple";
  if (tuple->size() != space.spaces.size()) {
    return std::to_string(tuple->size()) + " parts are not " + std::to_string(space.spaces.size());
  }
  for (std::size_t i = 0; i < tuple->size(); ++i) {
    const std::string inner = space.spaces[i].violation((*tuple)[i]);
    if (!inner.empty()) return "(" + std::to_string(i) + "): " + inner;
  }
  return {};
}

}  // namespace

Box uniform_box(Shape shape, double low, double high, DType dtype) {
  const auto count = static_cast<std::size_t>(elements("Box", shape));
  return {std::move(shape), std::vector<double>(count, low), std::vector<double>(count, high),
          dtype};
}

Space::Space(Box box) : flat_size_(flat_size_of(box)) { kind_ = rounded(std::move(box)); }
Space::Space(Discrete discrete) : kind_(discrete), flat_size_(flat_size_of(discrete)) {}
Space::Space(MultiDiscrete space) : flat_size_(flat_size_of(space)) { kind_ = std::move(space); }
Space::Space(MultiBinary space) : flat_size_(flat_size_of(space)) { kind_ = std::move(space); }
Space::Space(DictSpace dict) : flat_size_(flat_size_of(dict)) { kind_ = std::move(dict); }
Space::Space(TupleSpace tuple) : flat_size_(flat_size_of(tuple)) { kind_ = std::move(tuple); }

std::string Space::violation(const Value& value) const {
  return std::visit([&](const auto& space) { return violation_of(space, value); }, kind_);
}

}  // namespace noesis
