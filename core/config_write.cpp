/// Writing a configuration: the resolved TOML file, its digest, and the list of keys.

#include <utility>

#include "core/config.hpp"
#include "core/config_value.hpp"
#include "core/digest.hpp"

namespace noesis::detail {
namespace {

std::string join_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

/// In TOML the values of a table come before its sub-tables, whatever the order of visit(); so each
/// open table collects the two apart.
class Writer final : public ConfigVisitor {
 public:
  explicit Writer(bool with_docs) : with_docs_(with_docs) { open_.push_back({}); }

  std::string text() && { return std::move(open_.back().values) + open_.back().tables; }

 private:
  struct Table {
    std::string path;
    std::string values;
    std::string tables;
    std::string header;
  };

  void field(std::string_view key, ConfigField member, std::string_view doc,
             const Constraint& constraint) override {
    std::string& out = open_.back().values;
    if (with_docs_) {
      const std::string allowed = constraint.text();
      out += "# " + std::string(doc) + (allowed.empty() ? "" : " (" + allowed + ")") + "\n";
    }
    out += std::string(key) + " = " + toml_text(member) + "\n";
  }
  void begin_section(std::string_view key) override {
    const std::string path = join_path(open_.back().path, key);
    open_.push_back({.path = path, .values = {}, .tables = {}, .header = "\n[" + path + "]\n"});
  }
  void end_section() override { close(); }

  ListSize begin_list(std::string_view key, std::size_t count, std::string_view doc) override {
    const std::string path = join_path(open_.back().path, key);
    if (count == 0) {
      // Written, so that an empty list stays empty where the default is not.
      if (with_docs_) open_.back().values += "# " + std::string(doc) + "\n";
      open_.back().values += std::string(key) + " = []\n";
    }
    lists_.push_back({path, std::string(doc)});
    return {.count = count, .is_new = false};
  }
  void begin_item(std::size_t index) override {
    const auto& [path, doc] = lists_.back();
    const std::string comment = with_docs_ && index == 0 ? "# " + doc + "\n" : "";
    open_.push_back({.path = path,
                     .values = {},
                     .tables = {},
                     .header = "\n" + comment + "[[" + path + "]]\n"});
  }
  void end_item() override { close(); }
  void end_list() override { lists_.pop_back(); }

  void close() {
    const Table table = std::move(open_.back());
    open_.pop_back();
    open_.back().tables += table.header + table.values + table.tables;
  }

  bool with_docs_;
  std::vector<Table> open_;
  std::vector<std::pair<std::string, std::string>> lists_;  ///< path, doc
};

class KeyLister final : public ConfigVisitor {
 public:
  std::vector<ConfigKey> keys;

 private:
  bool reading() const noexcept override { return true; }

  void field(std::string_view key, ConfigField member, std::string_view doc,
             const Constraint& constraint) override {
    keys.push_back(
        {.key = join_path(path_, key),
         .type = std::string(type_name(member)),
         .default_value = find_violation(member, constraint) ? "required" : toml_text(member),
         .doc = std::string(doc),
         .constraint = constraint.text()});
  }
  void begin_section(std::string_view key) override {
    outer_.push_back(path_);
    path_ = join_path(path_, key);
  }
  void end_section() override {
    path_ = outer_.back();
    outer_.pop_back();
  }
  ListSize begin_list(std::string_view key, std::size_t, std::string_view doc) override {
    keys.push_back({.key = join_path(path_, key),
                    .type = "list of tables",
                    .default_value = {},
                    .doc = std::string(doc),
                    .constraint = {}});
    begin_section(std::string(key) + "[]");
    return {.count = 1, .is_new = true};
  }
  void begin_item(std::size_t) override {}
  void end_item() override {}
  void end_list() override { end_section(); }

  std::string path_;
  std::vector<std::string> outer_;
};

}  // namespace

std::string write_config(const VisitConfig& visit, bool with_docs) {
  Writer writer(with_docs);
  visit(writer);
  return std::move(writer).text();
}

std::string hash_config(const VisitConfig& visit) {
  return digest_text(write_config(visit, false));
}

std::vector<ConfigKey> list_config_keys(const VisitConfig& visit) {
  KeyLister lister;
  visit(lister);
  return lister.keys;
}

}  // namespace noesis::detail
