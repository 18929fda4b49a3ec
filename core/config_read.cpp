/// Reading a configuration: one visitor that walks the TOML document along visit().

#include <limits>
#include <optional>

#include "core/config.hpp"
#include "core/config_toml.hpp"
#include "core/config_value.hpp"
#include "core/error.hpp"
#include "core/names.hpp"

namespace noesis::detail {
namespace {

bool convert(const toml::node& node, bool& value) {
  const auto* boolean = node.as_boolean();
  if (boolean) value = boolean->get();
  return boolean;
}
bool convert(const toml::node& node, std::int64_t& value) {
  const auto* integer = node.as_integer();
  if (integer) value = integer->get();
  return integer;
}
bool convert(const toml::node& node, int& value) {
  std::int64_t wide = 0;
  if (!convert(node, wide) || wide < std::numeric_limits<int>::min() ||
      wide > std::numeric_limits<int>::max()) {
    return false;
  }
  value = static_cast<int>(wide);
  return true;
}
bool convert(const toml::node& node, double& value) {
  std::int64_t integer = 0;
  if (convert(node, integer)) {
    value = static_cast<double>(integer);
    return true;
  }
  const auto* number = node.as_floating_point();
  if (number) value = number->get();
  return number;
}
bool convert(const toml::node& node, std::string& value) {
  const auto* string = node.as_string();
  if (string) value = string->get();
  return string;
}
template <class E>
bool convert(const toml::node& node, std::vector<E>& values) {
  const auto* array = node.as_array();
  if (!array) return false;
  std::vector<E> read(array->size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (!convert(*array->get(i), read[i])) return false;
  }
  values = std::move(read);
  return true;
}

class Reader final : public ConfigVisitor {
 public:
  explicit Reader(const ConfigDocument& document) : document_(document) {
    open_.push_back({&document.root(), {}, {}});
  }

  /// To be called after visit(). @throws ConfigError for unknown and missing keys.
  void finish() {
    check_keys();
    if (missing_) throw *missing_;
  }

  bool reading() const noexcept override { return true; }

 private:
  struct Table {
    const toml::table* table;  ///< null where the file has none
    std::string path;
    std::vector<std::string> known;
  };
  struct List {
    const toml::array* array;  ///< null where the file has none
    std::string path;
  };

  std::string path_of(std::string_view key) const {
    const std::string& path = open_.back().path;
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  }
  const toml::node* find(std::string_view key) {
    open_.back().known.emplace_back(key);
    return open_.back().table ? open_.back().table->get(key) : nullptr;
  }
  [[noreturn]] void fail(const std::string& what, const std::string& path, const toml::node& node,
                         std::string got, std::string allowed) const {
    throw ConfigError({.what = what,
                       .where = document_.where(path, node.source()),
                       .got = std::move(got),
                       .allowed = std::move(allowed),
                       .next = {}});
  }

  void field(std::string_view key, ConfigField member, std::string_view doc,
             const Constraint& constraint) override {
    const std::string path = path_of(key);
    const toml::node* node = find(key);
    if (!node) {
      if (!missing_ && find_violation(member, constraint)) {
        missing_.emplace(ErrorParts{.what = "the key " + path + " is missing: " + std::string(doc),
                                    .where = document_.where(open_.back().path, {}),
                                    .got = {},
                                    .allowed = constraint.text(),
                                    .next = "give it in the file or by --set " + path + "=..."});
      }
      return;
    }
    if (!std::visit([&](auto* value) { return convert(*node, *value); }, member)) {
      const bool fits = !std::holds_alternative<int*>(member) || !node->is_integer();
      fail(path + (fits ? " has the wrong type" : " does not fit 32 bits"), path, *node,
           describe_node(*node), std::string(type_name(member)));
    }
    if (const auto violation = find_violation(member, constraint)) {
      const std::string allowed = constraint.text();
      fail(path + violation->element + " is not allowed", path, *node, violation->value,
           allowed.empty() ? "a finite number" : allowed);
    }
  }

  void refuse(std::string_view key, ConfigField member, std::string_view allowed) override {
    if (missing_) return;  // which explains it
    const std::string path = path_of(key);
    const toml::table* table = open_.back().table;
    const toml::node* node = table ? table->get(key) : nullptr;
    throw ConfigError(
        {.what = path + " is not allowed",
         .where = document_.where(path, node ? node->source() : toml::source_region{}),
         .got = toml_text(member),
         .allowed = std::string(allowed),
         .next = {}});
  }

  void begin_section(std::string_view key) override {
    const std::string path = path_of(key);
    const toml::node* node = find(key);
    if (node && !node->is_table()) {
      fail(path + " has the wrong type", path, *node, describe_node(*node), "a table");
    }
    open_.push_back({node ? node->as_table() : nullptr, path, {}});
  }
  void end_section() override {
    check_keys();
    open_.pop_back();
  }

  ListSize begin_list(std::string_view key, std::size_t count, std::string_view) override {
    const std::string path = path_of(key);
    const toml::node* node = find(key);
    const toml::array* array = node ? node->as_array() : nullptr;
    if (node && (!array || (!array->empty() && !array->is_homogeneous<toml::table>()))) {
      fail(path + " has the wrong type", path, *node, describe_node(*node), "a list of tables");
    }
    lists_.push_back({array, path});
    return {.count = array ? array->size() : count, .is_new = array != nullptr};
  }
  void begin_item(std::size_t index) override {
    const List& list = lists_.back();
    open_.push_back({list.array ? list.array->get(index)->as_table() : nullptr,
                     list.path + "." + std::to_string(index),
                     {}});
  }
  void end_item() override { end_section(); }
  void end_list() override { lists_.pop_back(); }

  void check_keys() const {
    const Table& table = open_.back();
    if (!table.table) return;
    for (const auto& [key, node] : *table.table) {
      const std::string name(key.str());
      if (std::find(table.known.begin(), table.known.end(), name) != table.known.end()) continue;
      const std::string path = path_of(name);
      throw ConfigError({.what = "unknown key '" + path + "'",
                         .where = document_.where(path, key.source()),
                         .got = {},
                         .allowed = join_names(table.known),
                         .next = suggest_name(name, table.known)});
    }
  }

  const ConfigDocument& document_;
  std::vector<Table> open_;
  std::vector<List> lists_;
  std::optional<ConfigError> missing_;  ///< kept back: a misspelt key explains a missing one
};

}  // namespace

void read_config_text(std::string_view text, std::string_view source,
                      std::span<const std::string> overrides, const VisitConfig& visit) {
  const ConfigDocument document(text, source, overrides);
  Reader reader(document);
  visit(reader);
  reader.finish();
}

void read_config_file(const std::filesystem::path& file, std::span<const std::string> overrides,
                      const VisitConfig& visit) {
  read_config_text(read_text_file(file), file.string(), overrides, visit);
}

}  // namespace noesis::detail
