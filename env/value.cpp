#include "env/value.hpp"

#include <array>

namespace noesis {

std::string_view dtype_name(DType dtype) {
  static constexpr std::array<std::string_view, 4> kNames = {"float32", "float64", "int64",
                                                             "uint8"};
  return kNames[static_cast<std::size_t>(dtype)];
}

std::int64_t num_elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) {
    ensure(length >= 0, "lengths of a shape are not negative");
    ensure(!__builtin_mul_overflow(count, length, &count), "a shape that can be counted");
  }
  return count;
}

std::string shape_text(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace noesis
