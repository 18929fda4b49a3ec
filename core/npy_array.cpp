/// Elements of NumPy arrays: to and from C++ numbers and UTF-8.

#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/npy.hpp"
#include "core/npy_header.hpp"

namespace noesis {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy arrays are copied as they are");

template <class From, class To>
void convert(const std::vector<char>& bytes, std::vector<To>& out, const std::string& where) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
    if constexpr (std::is_integral_v<To>) {
      if (!std::in_range<To>(value)) {
        throw detail::npy_error(where + "[" + std::to_string(i) + "]", "the number is too large",
                                std::to_string(value),
                                std::to_string(std::numeric_limits<To>::min()) + " to " +
                                    std::to_string(std::numeric_limits<To>::max()));
      }
    }
    out[i] = static_cast<To>(value);
  }
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_code_point(std::uint32_t c) { return c < 0xd800 || (c > 0xdfff && c < 0x110000); }

std::u32string decode_utf8(const std::string& text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const int length = first < 0x80 ? 1 : std::countl_one(first);
    std::uint32_t c = length == 1 ? first : first & (0x7fu >> length);
    bool valid = first < 0x80 || (length >= 2 && length <= 4);
    for (int k = 1; valid && k < length; ++k) {
      const std::size_t at = i + static_cast<std::size_t>(k);
      valid = at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
      if (valid) c = (c << 6) | (static_cast<unsigned char>(text[at]) & 0x3f);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // shorter forms are invalid
    if (!valid || !is_code_point(c) || c < kLeast[length]) {
      throw ConfigError({.what = "text is not valid UTF-8",
                         .where = {},
                         .got = "byte " + std::to_string(i) + " of '" + text + "'",
                         .allowed = {},
                         .next = {}});
    }
    out += static_cast<char32_t>(c);
    i += static_cast<std::size_t>(length);
  }
  return out;
}

}  // namespace

std::int64_t NpyArray::size() const noexcept {
  std::int64_t product = 1;
  for (const std::int64_t length : shape) product *= length;
  return product;
}

std::string NpyArray::dtype() const {
  const char order = kind == 'S' || item_size == 1 ? '|' : '<';
  return std::string{order, kind} + std::to_string(kind == 'U' ? item_size / 4 : item_size);
}

template <NpyNumber T>
std::vector<T> NpyArray::numbers(const std::string& where) const {
  const bool is_float = kind == 'f';
  const bool is_integer = kind == 'b' || kind == 'i' || kind == 'u';
  if (!(is_integer || (is_float && std::is_floating_point_v<T>))) {
    throw detail::npy_error(where, "the array has the wrong type", "'" + dtype() + "'",
                            std::is_floating_point_v<T> ? "numbers" : "integers");
  }
  std::vector<T> out(bytes.size() / static_cast<std::size_t>(item_size));
  if constexpr (std::is_floating_point_v<T>) {
    if (is_float && item_size == 4) convert<float>(bytes, out, where);
    if (is_float && item_size == 8) convert<double>(bytes, out, where);
  }
  if (kind == 'i') {
    if (item_size == 1) convert<std::int8_t>(bytes, out, where);
    if (item_size == 2) convert<std::int16_t>(bytes, out, where);
    if (item_size == 4) convert<std::int32_t>(bytes, out, where);
    if (item_size == 8) convert<std::int64_t>(bytes, out, where);
  } else if (kind == 'b' || kind == 'u') {
    if (item_size == 1) convert<std::uint8_t>(bytes, out, where);
    if (item_size == 2) convert<std::uint16_t>(bytes, out, where);
    if (item_size == 4) convert<std::uint32_t>(bytes, out, where);
    if (item_size == 8) convert<std::uint64_t>(bytes, out, where);
  }
  return out;
}

std::vector<std::string> NpyArray::strings(const std::string& where) const {
  if (kind != 'S' && kind != 'U') {
    throw detail::npy_error(where, "the array has the wrong type", "'" + dtype() + "'", "strings");
  }
  std::vector<std::string> out(static_cast<std::size_t>(size()));
  const auto width = static_cast<std::size_t>(item_size);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* item = bytes.data() + i * width;
    if (kind == 'S') {
      out[i].assign(item, width);
      out[i].resize(out[i].find_last_not_of('\0') + 1);
      continue;
    }
    std::size_t length = width / 4;
    const auto code_point = [&](std::size_t k) {
      std::uint32_t c;
      std::memcpy(&c, item + 4 * k, 4);
      return c;
    };
    while (length > 0 && code_point(length - 1) == 0) --length;
    for (std::size_t k = 0; k < length; ++k) {
      if (!is_code_point(code_point(k))) {
        throw detail::npy_error(where + "[" + std::to_string(i) + "]", "the text is not Unicode");
      }
      append_utf8(out[i], code_point(k));
    }
  }
  return out;
}

template <NpyNumber T>
NpyArray npy_array(std::span<const T> values, std::vector<std::int64_t> shape) {
  NpyArray array{.kind = std::is_floating_point_v<T> ? 'f' : 'i',
                 .item_size = sizeof(T),
                 .shape = std::move(shape),
                 .bytes = std::vector<char>(values.size_bytes())};
  ensure(array.size() == static_cast<std::int64_t>(values.size()),
         "the shape of an array has as many elements as there are values");
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), values.size_bytes());
  return array;
}

NpyArray npy_strings(std::span<const std::string> values) {
  std::vector<std::u32string> decoded;
  std::size_t longest = 1;  // NumPy has no <U0 on disk
  for (const std::string& value : values) {
    decoded.push_back(decode_utf8(value));
    longest = std::max(longest, decoded.back().size());
  }
  NpyArray array{.kind = 'U',
                 .item_size = static_cast<std::int64_t>(4 * longest),
                 .shape = {static_cast<std::int64_t>(values.size())},
                 .bytes = std::vector<char>(4 * longest * values.size())};
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (decoded[i].empty()) continue;
    std::memcpy(array.bytes.data() + 4 * longest * i, decoded[i].data(), 4 * decoded[i].size());
  }
  return array;
}

template std::vector<float> NpyArray::numbers(const std::string&) const;
template std::vector<double> NpyArray::numbers(const std::string&) const;
template std::vector<std::int32_t> NpyArray::numbers(const std::string&) const;
template std::vector<std::int64_t> NpyArray::numbers(const std::string&) const;
template NpyArray npy_array(std::span<const float>, std::vector<std::int64_t>);
template NpyArray npy_array(std::span<const double>, std::vector<std::int64_t>);
template NpyArray npy_array(std::span<const std::int32_t>, std::vector<std::int64_t>);
template NpyArray npy_array(std::span<const std::int64_t>, std::vector<std::int64_t>);

}  // namespace noesis
