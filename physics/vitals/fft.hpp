#pragma once
/// Fourier transforms of one fixed length (FFTW, planned by estimate, hence the same plan and the
/// same bits on every run). Each object owns its buffers and is not thread-safe; different objects
/// are independent, since the planner, which is shared, is locked.

#include <complex>
#include <cstdint>
#include <span>

#include "core/aligned.hpp"

struct fftw_plan_s;

namespace noesis {

/// output[k] = sum_t input[t] e^(-2 pi i k t / n), k = 0 .. n / 2.
class RealFft {
 public:
  /// @throws ConfigError when the length is not in 1 .. 2^31 - 1.
  explicit RealFft(std::int64_t length);
  ~RealFft();
  RealFft(const RealFft&) = delete;
  RealFft& operator=(const RealFft&) = delete;

  std::span<double> input() noexcept { return input_; }  ///< (n)
  std::span<const std::complex<double>> output() const noexcept {
    return output_;
  }  ///< (n / 2 + 1)
  void execute();

 private:
  AlignedVector<double> input_;
  AlignedVector<std::complex<double>> output_;
  fftw_plan_s* plan_;
};

/// values[t] <- sum_k values[k] e^(+2 pi i k t / n), in place and without the factor 1 / n.
class InverseFft {
 public:
  /// @throws ConfigError when the length is not in 1 .. 2^31 - 1.
  explicit InverseFft(std::int64_t length);
  ~InverseFft();
  InverseFft(const InverseFft&) = delete;
  InverseFft& operator=(const InverseFft&) = delete;

  std::span<std::complex<double>> values() noexcept { return values_; }  ///< (n)
  void execute();

 private:
  AlignedVector<std::complex<double>> values_;
  fftw_plan_s* plan_;
};

}  // namespace noesis
