#pragma once
/// The losses of a loop's trainings, where people look for them.

#include <filesystem>

namespace noesis {

/// Writes every learning curve in folder/parts to metrics.jsonl and TensorBoard's events, as
/// "emulator/<subject>/<hypothesis>/<seed>/loss" by update. @throws RunError.
void log_learning_curves(const std::filesystem::path& folder);

}  // namespace noesis
