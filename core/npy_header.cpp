#include "core/npy_header.hpp"

#include <charconv>
#include <optional>

namespace noesis::detail {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

/// Reads the one Python dictionary that a header holds.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyArray parse() {
    std::optional<std::string> dtype;
    std::optional<bool> fortran_order;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !dtype) {
        dtype = quoted();
      } else if (key == "fortran_order" && !fortran_order) {
        fortran_order = boolean();
      } else if (key == "shape" && !has_shape_) {
        shape();
      } else {
        fail("unexpected key '" + key + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!text_.empty()) fail("text after the dictionary");
    if (!dtype || !fortran_order || !has_shape_) fail("descr, fortran_order or shape is missing");
    if (*fortran_order && array_.shape.size() > 1) {
      throw npy_error(where_, "the array is in Fortran order", {}, "C order",
                      "save numpy.ascontiguousarray(array)");
    }
    set_type(*dtype);
    check_size();
    return std::move(array_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw npy_error(where_, "damaged .npy header: " + what);
  }
  void skip_space() {
    const std::size_t used = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(used == std::string_view::npos ? text_.size() : used);
  }
  bool accept(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "' is missing");
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string quoted() {
    skip_space();
    if (text_.starts_with("[")) {
      throw npy_error(where_, "the array holds records", {}, "numbers or strings");
    }
    const char quote = text_.empty() ? '\0' : text_.front();
    if (quote != '\'' && quote != '"') fail("a string is missing");
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) fail("a string has no end");
    std::string value(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return value;
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) fail("fortran_order is neither True nor False");
    return false;
  }
  void shape() {
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::int64_t length = -1;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), length);
      if (error != std::errc{} || length < 0) fail("the shape is not made of lengths");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      array_.shape.push_back(length);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    has_shape_ = true;
  }

  void set_type(const std::string& dtype) {
    const auto refuse = [&] {
      return npy_error(where_, "this type of array cannot be read", "'" + dtype + "'",
                       "little-endian b1, i1 to i8, u1 to u8, f4, f8, S and U");
    };
    if (dtype.size() < 3) throw refuse();
    const char order = dtype[0];
    const char* const last = dtype.data() + dtype.size();
    const auto [end, error] = std::from_chars(dtype.data() + 2, last, array_.item_size);
    if (error != std::errc{} || end != last) throw refuse();
    array_.kind = dtype[1];
    const std::int64_t size = array_.item_size;
    const bool integer = size == 1 || size == 2 || size == 4 || size == 8;
    const bool known = (array_.kind == 'b' && size == 1) || (array_.kind == 'i' && integer) ||
                       (array_.kind == 'u' && integer) ||
                       (array_.kind == 'f' && (size == 4 || size == 8)) ||
                       ((array_.kind == 'S' || array_.kind == 'U') && size >= 0);
    const bool little = order == '<' || (order == '|' && (size == 1 || array_.kind == 'S'));
    if (!known || !little || size > (std::int64_t{1} << 28)) throw refuse();
    if (array_.kind == 'U') array_.item_size *= 4;  // NumPy counts code points
  }

  void check_size() const {
    std::int64_t total = array_.item_size;
    bool empty = total == 0;
    for (const std::int64_t length : array_.shape) empty |= length == 0;
    if (empty) return;
    for (const std::int64_t length : array_.shape) {
      if (__builtin_mul_overflow(total, length, &total))
        fail("the shape is too large for any file");
    }
  }

  std::string_view text_;
  const std::string& where_;
  NpyArray array_;
  bool has_shape_ = false;
};

}  // namespace

ConfigError npy_error(const std::string& where, std::string what, std::string got,
                      std::string allowed, std::string next) {
  return ConfigError({.what = std::move(what),
                      .where = where,
                      .got = std::move(got),
                      .allowed = std::move(allowed),
                      .next = std::move(next)});
}

std::size_t npy_header_size(std::string_view prefix, const std::string& where) {
  if (prefix.size() < 10 || !prefix.starts_with(kMagic)) {
    throw npy_error(where, "this is no .npy array: it does not start as one");
  }
  const std::uint32_t major = byte_at(prefix, 6);
  if (major < 1 || major > 3 || byte_at(prefix, 7) != 0) {
    throw npy_error(where, "unknown version of the .npy format",
                    std::to_string(major) + "." + std::to_string(byte_at(prefix, 7)),
                    "1.0, 2.0 or 3.0");
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  if (prefix.size() < 8 + length_bytes) {
    throw npy_error(where, "damaged .npy header: the file ends inside it");
  }
  std::size_t size = 0;
  for (std::size_t i = length_bytes; i-- > 0;) size = (size << 8) | byte_at(prefix, 8 + i);
  size += 8 + length_bytes;
  constexpr std::size_t kLongest = std::size_t{1} << 20;
  if (size > kLongest) throw npy_error(where, "damaged .npy header: longer than 1 MiB");
  return size;
}

NpyArray parse_npy_header(std::string_view header, const std::string& where) {
  return HeaderParser(header.substr(byte_at(header, 6) == 1 ? 10 : 12), where).parse();
}

std::string format_npy_header(const NpyArray& array) {
  std::string shape = "(";
  for (std::size_t i = 0; i < array.shape.size(); ++i) {
    shape += (i > 0 ? ", " : "") + std::to_string(array.shape[i]);
  }
  shape += array.shape.size() == 1 ? ",)" : ")";
  std::string text =
      "{'descr': '" + array.dtype() + "', 'fortran_order': False, 'shape': " + shape + ", }";
  constexpr std::size_t kPrefix = 10, kAlign = 64;
  text += std::string(kAlign - 1 - (kPrefix + text.size()) % kAlign, ' ') + "\n";
  ensure(text.size() < 65536, "the shape of an .npy array fits its header");
  std::string header(kMagic);
  header +=
      {'\x01', '\x00', static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace noesis::detail
