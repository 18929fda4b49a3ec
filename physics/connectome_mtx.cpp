// MatrixMarket exchange format: Boisvert, Pozo and Remington, NISTIR 5935 (1996).
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "physics/connectome_formats.hpp"

namespace noesis::formats {
namespace {

/// The shortest line that an entry can have, "1 1" and its end: what bounds a lying header.
constexpr std::int64_t kLeastEntryBytes = 4;

/// Lines of a file, split at blanks.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& file) : in_(open_text(file)), file_(file) {}

  /// Next line that is neither blank nor, with `skip_comments`, a comment; false at the end.
  bool next(bool skip_comments = true) {
    while (std::getline(in_, text_)) {
      ++line_;
      if (text_.ends_with('\r')) text_.pop_back();
      split();
      if (count_ > 0 && !(skip_comments && words_[0].starts_with('%'))) return true;
    }
    return false;
  }

  /// Words of the line, also those past the fifth, which are not kept.
  std::size_t count() const noexcept { return count_; }
  std::string_view word(std::size_t i) const { return words_.at(i); }

  std::int64_t integer(std::size_t i, std::int64_t low, std::int64_t high, const char* what) const {
    std::int64_t value = 0;
    if (!parse(word(i), value) || value < low || value > high) {
      fail(std::string(what) + " is not an integer in range", std::string(word(i)),
           std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
  }
  double number(std::size_t i) const {
    double value = 0;
    if (!parse(word(i), value) || !std::isfinite(value)) {
      fail("weight is not a finite number", std::string(word(i)), "a number like 1.5 or -2e-3");
    }
    return value;
  }

  std::string where() const { return file_.string() + ":" + std::to_string(line_); }
  [[noreturn]] void fail(std::string what, std::string got, std::string allowed) const {
    throw ConfigError({.what = std::move(what),
                       .where = where(),
                       .got = "'" + got + "'",
                       .allowed = std::move(allowed),
                       .next = ""});
  }
  const std::string& text() const noexcept { return text_; }

 private:
  template <class T>
  static bool parse(std::string_view word, T& value) {
    if (word.starts_with('+')) word.remove_prefix(1);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size();
  }
  void split() {
    count_ = 0;
    const std::string_view text = text_;
    for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != text.npos; ++count_) {
      const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
      if (count_ < words_.size()) words_[count_] = text.substr(at, end - at);
      at = end;
    }
  }

  std::ifstream in_;
  std::filesystem::path file_;
  std::int64_t line_ = 0;
  std::string text_;
  std::array<std::string_view, 5> words_;
  std::size_t count_ = 0;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

struct Banner {
  bool is_pattern = false;
  bool is_symmetric = false;
};

Banner read_banner(LineReader& lines) {
  const bool found = lines.next(false) && lines.word(0) == "%%MatrixMarket";
  if (!found || lines.count() != 5) {
    lines.fail("no MatrixMarket header", lines.text().substr(0, 60),
               "'%%MatrixMarket matrix coordinate <field> <symmetry>' in the first line");
  }
  const auto require = [&](std::size_t i, std::initializer_list<std::string_view> allowed) {
    std::string list;
    for (const std::string_view name : allowed) {
      if (lower(lines.word(i)) == name) return;
      list += (list.empty() ? "" : " or ") + std::string(name);
    }
    lines.fail("kind of matrix that cannot be a connectome", std::string(lines.word(i)), list);
  };
  require(1, {"matrix"});
  require(2, {"coordinate"});
  require(3, {"real", "integer", "pattern"});
  require(4, {"general", "symmetric"});
  return {lower(lines.word(3)) == "pattern", lower(lines.word(4)) == "symmetric"};
}

}  // namespace

Connectome load_matrix_market(const std::filesystem::path& file) {
  LineReader lines(file);
  const Banner banner = read_banner(lines);
  if (!lines.next() || lines.count() != 3) {
    lines.fail("no size line", lines.text().substr(0, 60), "rows, columns and number of entries");
  }
  const std::int64_t size = lines.integer(0, 1, kMaxNeurons, "number of rows");
  lines.integer(1, size, size, "number of columns of a square matrix");
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  const std::int64_t entries =
      lines.integer(2, 0, bytes / kLeastEntryBytes, "number of entries in a file of this length");
  require_edge_memory(size, banner.is_symmetric ? 2 * entries : entries, file.string());

  std::vector<Synapse> edges;
  std::vector<std::int64_t> entry_of;  // of each edge, only where an entry may give two
  edges.reserve(static_cast<std::size_t>(banner.is_symmetric ? 2 * entries : entries));
  const std::size_t words = banner.is_pattern ? 2 : 3;
  std::int64_t entry = 0;
  for (; lines.next(); ++entry) {
    if (entry == entries)
      lines.fail("more entries than the size line says", lines.text(), "the end");
    if (lines.count() != words) {
      lines.fail("wrong number of words in an entry", lines.text().substr(0, 60),
                 banner.is_pattern ? "row and column" : "row, column and weight");
    }
    const auto row = static_cast<std::int32_t>(lines.integer(0, 1, size, "row") - 1);
    const auto column = static_cast<std::int32_t>(lines.integer(1, 1, size, "column") - 1);
    const float weight = banner.is_pattern ? 1.0f : to_float(lines.number(2), lines.where());
    if (banner.is_symmetric && column > row) {
      lines.fail("entry above the diagonal of a symmetric matrix", lines.text().substr(0, 60),
                 "the lower triangle");
    }
    edges.push_back({column, row, weight});
    if (banner.is_symmetric) {
      entry_of.push_back(entry);
      if (row != column) {
        edges.push_back({row, column, weight});
        entry_of.push_back(entry);
      }
    }
  }
  if (entry != entries) {
    lines.fail("fewer entries than the size line says", std::to_string(entry),
               std::to_string(entries));
  }
  return build(size, edges, [&](std::int64_t k) {
    const std::int64_t sought = banner.is_symmetric ? entry_of[k] : k;
    LineReader again(file);
    read_banner(again);
    for (std::int64_t e = -1; e <= sought; ++e) again.next();
    return again.where();
  });
}

void save_matrix_market(const Connectome& connectome, const std::filesystem::path& file) {
  const std::string size = std::to_string(connectome.num_neurons());
  std::string text = "%%MatrixMarket matrix coordinate real general\n";
  text += "% entry (i, j): weight of neuron j -> i, counted from 1\n";
  text += size + ' ' + size + ' ' + std::to_string(connectome.num_synapses()) + '\n';
  for (const Synapse& e : connectome.edges()) {
    text += std::to_string(e.target + std::int64_t{1}) + ' ' +
            std::to_string(e.source + std::int64_t{1}) + ' ' + number_text(e.weight) + '\n';
  }
  write_file_atomically(file, text);
}

}  // namespace noesis::formats
