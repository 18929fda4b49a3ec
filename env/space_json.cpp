#include "env/space_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>

namespace noesis {
namespace {

std::string number(double value) {
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      json += escape.data();
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  return json + '"';
}

/// "[a, b, c]" of `count` texts.
template <class Text>
std::string list(std::size_t count, const Text& text) {
  std::string json = "[";
  for (std::size_t i = 0; i < count; ++i) json += (i > 0 ? ", " : "") + text(i);
  return json + "]";
}

std::string integers(std::span<const std::int64_t> values) {
  return list(values.size(), [&](std::size_t i) { return std::to_string(values[i]); });
}

/// Nested lists of that shape; a bare number for shape ().
std::string nested(std::span<const std::int64_t> shape, std::span<const double> values) {
  if (shape.empty()) return number(values[0]);
  const auto count = static_cast<std::size_t>(shape[0]);
  const std::size_t stride = count > 0 ? values.size() / count : 0;
  return list(count, [&](std::size_t i) {
    return nested(shape.subspan(1), values.subspan(i * stride, stride));
  });
}

std::string json_of(const Box& box) {
  return R"("Box", "dtype": ")" + std::string(dtype_name(box.dtype)) + R"(", "shape": )" +
         integers(box.shape) + R"(, "low": )" + nested(box.shape, box.low) + R"(, "high": )" +
         nested(box.shape, box.high);
}
std::string json_of(const Discrete& discrete) {
  return R"("Discrete", "dtype": "int64", "start": )" + std::to_string(discrete.start) +
         R"(, "n": )" + std::to_string(discrete.n);
}
std::string json_of(const MultiDiscrete& space) {
  return R"("MultiDiscrete", "dtype": "int64", "nvec": )" + integers(space.nvec);
}
std::string json_of(const MultiBinary& space) {
  return R"("MultiBinary", "n": )" + integers(space.shape);
}
std::string json_of(const DictSpace& dict) {
  std::string parts;
  for (const auto& [key, space] : dict.spaces) {
    parts += (parts.empty() ? "" : ", ") + json_string(key) + ": " + space_json(space);
  }
  return R"("Dict", "subspaces": {)" + parts + "}";
}
std::string json_of(const TupleSpace& tuple) {
  return R"("Tuple", "subspaces": )" +
         list(tuple.spaces.size(), [&](std::size_t i) { return space_json(tuple.spaces[i]); });
}

}  // namespace

std::string space_json(const Space& space) {
  return R"({"type": )" + space.visit([](const auto& kind) { return json_of(kind); }) + "}";
}

}  // namespace noesis
