#include "physics/vitals/fft.hpp"

#include <fftw3.h>

#include <limits>
#include <mutex>
#include <string>

#include "core/error.hpp"

namespace noesis {
namespace {

/// FFTW's planner and its tables are shared by the whole process; only execution is thread-safe.
std::mutex& planner_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::size_t checked_length(std::int64_t length) {
  if (length < 1 || length > std::numeric_limits<int>::max()) {
    throw ConfigError({"length of a Fourier transform out of range", "length",
                       std::to_string(length), "1 .. 2^31 - 1", ""});
  }
  return static_cast<std::size_t>(length);
}

fftw_complex* as_fftw(std::complex<double>* values) {
  return reinterpret_cast<fftw_complex*>(values);
}

void destroy(fftw_plan plan) {
  const std::lock_guard lock(planner_mutex());
  fftw_destroy_plan(plan);
}

}  // namespace

RealFft::RealFft(std::int64_t length)
    : input_(checked_length(length)), output_(input_.size() / 2 + 1) {
  const std::lock_guard lock(planner_mutex());
  plan_ = fftw_plan_dft_r2c_1d(static_cast<int>(length), input_.data(), as_fftw(output_.data()),
                               FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  ensure(plan_ != nullptr, "FFTW made no plan");
}

RealFft::~RealFft() { destroy(plan_); }

void RealFft::execute() { fftw_execute(plan_); }

InverseFft::InverseFft(std::int64_t length) : values_(checked_length(length)) {
  const std::lock_guard lock(planner_mutex());
  fftw_complex* values = as_fftw(values_.data());
  plan_ = fftw_plan_dft_1d(static_cast<int>(length), values, values, FFTW_BACKWARD, FFTW_ESTIMATE);
  ensure(plan_ != nullptr, "FFTW made no plan");
}

InverseFft::~InverseFft() { destroy(plan_); }

void InverseFft::execute() { fftw_execute(plan_); }

}  // namespace noesis
