#pragma once
/// The oracle: the same equations as every backend, written as plainly as possible. Serial, one
/// environment at a time, plain order of summation, tangents by finite differences. Backends are
/// tested against it; nothing else should use it.

#include <vector>

#include "physics/connectome.hpp"
#include "physics/models/models.hpp"
#include "physics/surgeon.hpp"
#include "physics/system.hpp"

namespace noesis {

/// Takes what CpuBackend takes; `surgeon` must outlive it.
template <Real T>
class ReferenceBackend final : public System<T> {
 public:
  ReferenceBackend(std::vector<ConnectomePtr> connectomes, const ModelSpec& model, BatchShape shape,
                   const Surgeon<T>& surgeon);

  BatchShape shape() const override { return shape_; }
  void derivative(const State<T>& x, State<T>& dxdt) override;
  /// Central differences, accurate to about 1e-6 relative in double.
  void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) override;

 private:
  std::vector<ConnectomePtr> connectomes_;
  AnyModel<T> model_;
  BatchShape shape_;
  const Surgeon<T>& surgeon_;
};

}  // namespace noesis
