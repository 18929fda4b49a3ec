#include "core/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace noesis {
namespace {

constexpr double kQuiet_s = 2, kRedraw_s = 0.1, kLine_s = 10;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Three digits: "0.25", "12.3", "4567".
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 100 ? "%.3g" : "%.0f", value);
  return text;
}

std::string duration_text(double seconds) {
  const auto s = static_cast<std::int64_t>(std::ceil(seconds));
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return std::to_string(s / 60) + " min " + std::to_string(s % 60) + " s";
  return std::to_string(s / 3600) + " h " + std::to_string(s / 60 % 60) + " min";
}

}  // namespace

std::string progress_text(const std::string& label, const std::string& unit, std::int64_t done,
                          std::int64_t total, double elapsed_s) {
  const double rate = elapsed_s > 0 ? static_cast<double>(done) / elapsed_s : 0;
  std::string text = label;
  if (total > 0) text += "  " + std::to_string(100 * std::min(done, total) / total) + "%";
  text += "  " + std::to_string(done) + (total > 0 ? "/" + std::to_string(total) : "") + " " + unit;
  text += "  " + short_number(rate) + "/s";
  if (total > 0 && rate > 0) {
    text += "  " +
            duration_text(static_cast<double>(std::max<std::int64_t>(total - done, 0)) / rate) +
            " left";
  }
  return text;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit, ProgressOutput output)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      output_(std::move(output)),
      next_s_(kQuiet_s) {
  if (!output_.now_s) output_.now_s = steady_seconds;
  is_terminal_ = output_.is_terminal ? output_.is_terminal() : ::isatty(::fileno(output_.stream));
  start_s_ = output_.now_s();
}

Progress::~Progress() {
  if (!shown_ || !is_terminal_) return;
  show(output_.now_s() - start_s_);
  std::fputc('\n', output_.stream);
}

void Progress::advance(std::int64_t count) {
  done_.fetch_add(count, std::memory_order_relaxed);
  const double elapsed_s = output_.now_s() - start_s_;
  if (elapsed_s < next_s_.load(std::memory_order_relaxed)) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || elapsed_s < next_s_) return;  // another thread shows it
  next_s_ = elapsed_s + (is_terminal_ ? kRedraw_s : kLine_s);
  show(elapsed_s);
}

void Progress::show(double elapsed_s) {
  const std::int64_t done = done_.load(std::memory_order_relaxed);
  std::string text = progress_text(label_, unit_, done, total_, elapsed_s);
  const std::string note = output_.note ? output_.note() : "";
  if (!note.empty()) text += "  " + note;
  shown_ = true;
  if (!is_terminal_) {
    std::fprintf(output_.stream, "%s\n", text.c_str());
  } else {
    constexpr int kWidth = 20;
    std::string bar;
    if (total_ > 0) {
      const auto full = static_cast<std::size_t>(kWidth * std::min(done, total_) / total_);
      bar = "[" + std::string(full, '#') + std::string(kWidth - full, '-') + "] ";
    }
    // Back to the start of the line; clear it.
    std::fprintf(output_.stream, "\r\033[K%s%s", bar.c_str(), text.c_str());
  }
  std::fflush(output_.stream);
}

}  // namespace noesis
