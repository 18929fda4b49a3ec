#include "runners/metrics_log.hpp"

#include <cerrno>
#include <cmath>
#include <fstream>
#include <system_error>

#include "core/atomic_file.hpp"
#include "core/error.hpp"

namespace noesis {

namespace fs = std::filesystem;

namespace {

constexpr const char* kStepKey = "step";

nlohmann::ordered_json json_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

/// The step of a line. @throws RunError.
std::int64_t step_of(const std::string& line, const fs::path& file, std::int64_t number) {
  const auto event = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (event.is_object() && event.contains(kStepKey) && event[kStepKey].is_number_integer()) {
    return event[kStepKey].get<std::int64_t>();
  }
  throw RunError({.what = "not a line of a log of scalars",
                  .where = file.string() + ":" + std::to_string(number),
                  .got = line.substr(0, 60),
                  .allowed = "an object with an integer \"step\"",
                  .next = "repair or remove the file"});
}

/// How many bytes of the file are whole lines of steps up to `last`.
std::uintmax_t size_up_to(const fs::path& file, std::int64_t last) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw file_error("cannot read the file", file, errno);
  std::uintmax_t size = 0;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line) && !in.eof(); ++number) {
    if (step_of(line, file, number) > last) break;
    size += line.size() + 1;
  }
  return size;
}

}  // namespace

MetricsLog::MetricsLog(fs::path file, std::optional<std::int64_t> resume_step)
    : path_(std::move(file)) {
  const bool goes_on = resume_step && fs::exists(path_);
  if (goes_on) {
    std::error_code error;
    fs::resize_file(path_, size_up_to(path_, *resume_step), error);
    if (error) throw file_error("cannot shorten the file", path_, error.value());
  }
  file_.reset(std::fopen(path_.c_str(), goes_on ? "abe" : "wbe"));
  if (!file_) throw file_error("cannot create the file", path_, errno);
}

MetricsLog::~MetricsLog() {
  try {
    flush();
  } catch (const std::exception&) {  // there is nobody left to tell
  }
}

void MetricsLog::scalar(std::string_view name, std::int64_t step, double value) {
  if (name.empty() || name == kStepKey) {
    throw ConfigError({.what = "not a name for a scalar",
                       .where = path_.string(),
                       .got = std::string(name),
                       .allowed = "a name such as losses/value_loss",
                       .next = {}});
  }
  const std::string key(name);
  if (!line_.is_null() && (line_[kStepKey] != step || line_.contains(key))) write_line();
  if (line_.is_null()) line_[kStepKey] = step;
  line_[key] = json_number(value);
}

void MetricsLog::write_line() {
  const std::string text =
      line_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  line_ = nullptr;
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
    throw file_error("cannot write the file", path_, errno);
  }
}

void MetricsLog::flush() {
  if (!line_.is_null()) write_line();
  if (std::fflush(file_.get()) != 0) throw file_error("cannot write the file", path_, errno);
}

}  // namespace noesis
