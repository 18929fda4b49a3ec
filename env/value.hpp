#pragma once
/// Values of spaces: arrays of numbers, and dictionaries and tuples of them, as Gymnasium has them.

#include <concepts>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.hpp"

namespace noesis {

template <class T>
concept ArrayElement = std::same_as<T, float> || std::same_as<T, double> ||
                       std::same_as<T, std::int64_t> || std::same_as<T, std::uint8_t>;

/// Types of array elements, in the order of Array's alternatives.
enum class DType : std::uint8_t { kFloat32, kFloat64, kInt64, kUint8 };

/// "float32", ...: NumPy's names.
std::string_view dtype_name(DType dtype);

/// Lengths, slowest first; empty for a scalar.
using Shape = std::vector<std::int64_t>;
std::int64_t num_elements(const Shape& shape);
/// "(2, 3)".
std::string shape_text(const Shape& shape);

/// Owns a dense array, row-major.
class Array {
 public:
  Array() : Array(Shape{0}, std::vector<float>{}) {}
  /// @throws InternalError unless the shape has as many elements as there are values.
  template <ArrayElement T>
  Array(Shape shape, std::vector<T> values) : shape_(std::move(shape)), values_(std::move(values)) {
    ensure(num_elements(shape_) == size(), "an array has as many values as its shape says");
  }
  /// One number, of shape ().
  template <ArrayElement T>
  explicit Array(T value) : Array(Shape{}, std::vector<T>{value}) {}
  /// One-dimensional.
  template <ArrayElement T>
  explicit Array(std::vector<T> values)
      : shape_{static_cast<std::int64_t>(values.size())}, values_(std::move(values)) {}

  DType dtype() const noexcept { return static_cast<DType>(values_.index()); }
  const Shape& shape() const noexcept { return shape_; }
  std::int64_t size() const noexcept {
    return std::visit([](const auto& v) { return static_cast<std::int64_t>(v.size()); }, values_);
  }
  /// The elements, borrowed. @throws InternalError when T is not the dtype.
  template <ArrayElement T>
  std::span<const T> values() const {
    const auto* values = std::get_if<std::vector<T>>(&values_);
    ensure(values != nullptr, "an array is read as what it holds");
    return *values;
  }
  /// Element i of any dtype. @throws std::out_of_range.
  double at(std::int64_t i) const {
    return std::visit(
        [i](const auto& v) { return static_cast<double>(v.at(static_cast<std::size_t>(i))); },
        values_);
  }
  /// Same dtype, shape and elements; NaN equals nothing.
  bool operator==(const Array&) const = default;

 private:
  Shape shape_;
  std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>,
               std::vector<std::uint8_t>>
      values_;
};

class Value;
using Dict = std::map<std::string, Value>;  ///< keys in alphabetical order, as in Gymnasium
using Tuple = std::vector<Value>;

class Value {
 public:
  Value() = default;
  Value(Array array) : kind_(std::move(array)) {}
  Value(Dict dict) : kind_(std::move(dict)) {}
  Value(Tuple tuple) : kind_(std::move(tuple)) {}

  /// Null when the value is something else.
  const Array* array() const noexcept { return std::get_if<Array>(&kind_); }
  const Dict* dict() const noexcept { return std::get_if<Dict>(&kind_); }
  const Tuple* tuple() const noexcept { return std::get_if<Tuple>(&kind_); }

  bool operator==(const Value&) const = default;

 private:
  std::variant<Array, Dict, Tuple> kind_;
};

}  // namespace noesis
