#pragma once
/// Configuration: a plain struct whose members have defaults, with one visit() that declares each
/// key once. Reading TOML, `--set` overrides, writing the resolved file, its digest, and help all
/// follow from that one list.
///
///   struct Stimulus {
///     double start_ms = 0;
///     template <class V> void visit(V& v) {
///       v("start_ms", start_ms, "when the current begins [ms]", at_least(0));
///     }
///   };
///   struct Simulation {
///     std::string model = "rate";
///     double tau_ms = 10, dt_ms = 1;
///     Integrator integrator;
///     std::vector<Stimulus> stimulus;
///     template <class V> void visit(V& v) {
///       v("model", model, "name of the model", one_of({"rate", "wilson_cowan"}));
///       if (v.reading() && model == "wilson_cowan") tau_ms = 8;  // a default that follows a key
///       v("tau_ms", tau_ms, "time constant [ms]", greater_than(0));
///       v("dt_ms", dt_ms, "step [ms]", greater_than(0));
///       v.require(tau_ms >= dt_ms, "tau_ms", tau_ms, "at least dt_ms");
///       v.section("integrator", integrator);
///       v.list("stimulus", stimulus, "currents that are applied");
///     }
///   };
///   const auto config = load_config<Simulation>("sim.toml", overrides);
///
/// Members may be bool, int, std::int64_t, double, std::string or a std::vector of double,
/// std::int64_t or std::string. Numbers must be finite. A default that breaks its own constraint,
/// or is NaN, makes the key required. Keys are visited in the order of the calls; code that changes
/// defaults must be under `if (v.reading())`, or it would overwrite what is being written out.
/// All functions are pure but for reading the file; a config belongs to one thread at a time.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace noesis {

/// What a value, or each element of a list, must satisfy.
struct Constraint {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_is_open = false;          ///< low itself is not allowed
  bool high_is_open = false;         ///< nor is high
  std::vector<std::string> choices;  ///< the strings allowed; empty: all

  /// The same with an end left out, as in between(0, 1).without_low().
  Constraint without_low() const {
    Constraint one = *this;
    one.low_is_open = true;
    return one;
  }
  Constraint without_high() const {
    Constraint one = *this;
    one.high_is_open = true;
    return one;
  }

  /// "at least 0", "one of: a, b"; empty when all is allowed.
  std::string text() const;
};

inline Constraint at_least(double low) { return {.low = low, .choices = {}}; }
inline Constraint greater_than(double low) {
  return {.low = low, .low_is_open = true, .choices = {}};
}
/// low <= value <= high.
inline Constraint between(double low, double high) {
  return {.low = low, .high = high, .choices = {}};
}
inline Constraint one_of(std::vector<std::string> choices) {
  return {.choices = std::move(choices)};
}

/// A pointer to a member of a config, owned by the config.
using ConfigField =
    std::variant<bool*, int*, std::int64_t*, double*, std::string*, std::vector<double>*,
                 std::vector<std::int64_t>*, std::vector<std::string>*>;

/// What visit() is given.
class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;

  /// Declares a key. `doc` is one line, with the unit in brackets.
  template <class T>
  void operator()(std::string_view key, T& member, std::string_view doc,
                  const Constraint& constraint = {}) {
    field(key, &member, doc, constraint);
  }

  /// What must hold between keys that are declared by now: where it does not, a reader refuses
  /// `key` and says what it may be.
  template <class T>
  void require(bool holds, std::string_view key, T& member, std::string_view allowed) {
    if (!holds) refuse(key, &member, allowed);
  }

  /// Declares a table: a struct with its own visit().
  template <class S>
  void section(std::string_view key, S& member) {
    begin_section(key);
    member.visit(*this);
    end_section();
  }

  /// Declares an array of tables.
  template <class S>
  void list(std::string_view key, std::vector<S>& items, std::string_view doc) {
    const ListSize size = begin_list(key, items.size(), doc);
    if (size.is_new) items.assign(size.count, S{});
    for (std::size_t i = 0; i < size.count; ++i) {
      begin_item(i);
      items[i].visit(*this);
      end_item();
    }
    end_list();
  }

  /// Whether members are being read, so that later defaults may still be changed.
  virtual bool reading() const noexcept { return false; }

 protected:
  struct ListSize {
    std::size_t count;
    bool is_new;  ///< start from `count` default items
  };
  virtual void field(std::string_view key, ConfigField member, std::string_view doc,
                     const Constraint& constraint) = 0;
  virtual void refuse(std::string_view, ConfigField, std::string_view) {}
  virtual void begin_section(std::string_view key) = 0;
  virtual void end_section() = 0;
  virtual ListSize begin_list(std::string_view key, std::size_t count, std::string_view doc) = 0;
  virtual void begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() = 0;
};

/// One key, for help and documents.
struct ConfigKey {
  std::string key;            ///< dotted; items of a list as "stimulus[].start_ms"
  std::string type;           ///< "number", "list of strings", "list of tables", ...
  std::string default_value;  ///< as TOML, or "required"; empty for a list of tables
  std::string doc;
  std::string constraint;
};

namespace detail {
using VisitConfig = std::function<void(ConfigVisitor&)>;
void read_config_file(const std::filesystem::path& file, std::span<const std::string> overrides,
                      const VisitConfig& visit);
void read_config_text(std::string_view text, std::string_view source,
                      std::span<const std::string> overrides, const VisitConfig& visit);
std::string write_config(const VisitConfig& visit, bool with_docs);
std::string hash_config(const VisitConfig& visit);
std::vector<ConfigKey> list_config_keys(const VisitConfig& visit);
}  // namespace detail

/// Reads `file` over the values of `config`, then `overrides` ("a.b=c": c is a TOML value, a bare
/// word is a string; "stimulus.0.start_ms=5" sets an item of a list, and appends one when the index
/// is the list's length).
/// @throws ConfigError for a missing file, TOML syntax, an unknown key, a wrong type or a value out
/// of range, naming file and line or the override.
template <class T>
T load_config(const std::filesystem::path& file, std::span<const std::string> overrides, T config) {
  detail::read_config_file(file, overrides, [&](ConfigVisitor& v) { config.visit(v); });
  return config;
}
template <class T>
T load_config(const std::filesystem::path& file, std::span<const std::string> overrides = {}) {
  return load_config<T>(file, overrides, T());
}

/// The same from TOML in memory; `source` stands for the file's name in errors. An empty text gives
/// the values of `config`, or the defaults.
template <class T>
T parse_config(std::string_view text, std::string_view source,
               std::span<const std::string> overrides, T config) {
  detail::read_config_text(text, source, overrides, [&](ConfigVisitor& v) { config.visit(v); });
  return config;
}
template <class T>
T parse_config(std::string_view text, std::string_view source,
               std::span<const std::string> overrides = {}) {
  return parse_config<T>(text, source, overrides, T());
}

/// Every key with its value and documentation, as TOML that loads to the same values bit for bit.
template <class T>
std::string config_to_toml(const T& config) {
  T copy = config;
  return detail::write_config([&](ConfigVisitor& v) { copy.visit(v); }, true);
}

/// 32 hexadecimal digits of the keys and values (not of the documentation or the order of a file).
template <class T>
std::string config_digest(const T& config) {
  T copy = config;
  return detail::hash_config([&](ConfigVisitor& v) { copy.visit(v); });
}

/// All keys with their defaults, in the order of visit().
template <class T>
std::vector<ConfigKey> describe_config() {
  T config{};
  return detail::list_config_keys([&](ConfigVisitor& v) { config.visit(v); });
}

}  // namespace noesis
