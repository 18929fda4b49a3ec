#pragma once
/// Reading of comma-separated values with a header row (RFC 4180, one row a line), row by row.

#include <cstdint>
#include <istream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace noesis {

/// Reads rows from a stream, which must outlive the reader. Fields may be quoted; blanks around a
/// field and blank lines are ignored; a byte-order mark and CRLF line ends are accepted. Every
/// error is a ConfigError that says "source:line". Not thread-safe; numbers do not depend on the
/// locale.
class CsvReader {
 public:
  /// Reads the header row. `source` is the file's name in errors.
  /// @throws ConfigError when there is no header, or two columns have one name.
  CsvReader(std::istream& in, std::string source, char separator = ',');

  const std::vector<std::string>& header() const noexcept { return header_; }
  /// Index of the first column that has one of `names`, without regard to case; -1 if there is
  /// none.
  int find_column(std::span<const std::string_view> names) const;
  /// The same. @throws ConfigError listing `names` and the header when there is none.
  int column(std::span<const std::string_view> names) const;

  /// Goes to the next row; false at the end. @throws ConfigError for a row whose number of fields
  /// is not the header's, or an open quote.
  bool next();

  /// A field of the row; the view lasts until next().
  std::string_view field(int column) const { return fields_[static_cast<std::size_t>(column)]; }
  /// A decimal integer in [low, high]. @throws ConfigError, with `next` as what to do.
  std::int64_t integer(int column, std::int64_t low, std::int64_t high,
                       std::string next = {}) const;
  /// A finite number. @throws ConfigError.
  double number(int column) const;

  std::int64_t line() const noexcept { return line_; }
  /// "source:line", where the last row stands.
  std::string where() const;
  /// Throws ConfigError about a field of the row.
  [[noreturn]] void fail(int column, std::string what, std::string allowed,
                         std::string next = {}) const;

 private:
  bool read_line();
  void split_line();

  std::istream& in_;
  std::string source_;
  char separator_;
  std::int64_t line_ = 0;
  std::string text_;  ///< the line, with quoted fields unquoted in place
  std::vector<std::string_view> fields_;
  std::vector<std::string> header_;
};

}  // namespace noesis
