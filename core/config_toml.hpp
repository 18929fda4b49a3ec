#pragma once
/// A parsed TOML document that knows which values came from `--set`. Private to the configuration.

// Its parser asserts, in debug builds alone, what it goes on to report as an error: "[$]".
#define TOML_ASSERT(condition) static_cast<void>(0)  // NOLINT(readability-identifier-naming): its
#include <toml++/toml.h>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace noesis::detail {

class ConfigDocument {
 public:
  /// @throws ConfigError for TOML syntax (file:line:column) and for an override that does not fit.
  ConfigDocument(std::string_view text, std::string_view source,
                 std::span<const std::string> overrides);

  const toml::table& root() const noexcept { return root_; }

  /// Where a value came from: "--set a.b", else "file:line", else the file.
  std::string where(const std::string& path, const toml::source_region& region) const;

 private:
  void apply(const std::string& override_text);

  std::string source_;
  toml::table root_;
  std::set<std::string> overridden_;  ///< dotted paths
};

/// "\"abc\" (string)", shortened.
std::string describe_node(const toml::node& node);

/// @throws ConfigError when the file is missing or cannot be read.
std::string read_text_file(const std::filesystem::path& file);

}  // namespace noesis::detail
