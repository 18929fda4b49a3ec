#pragma once
/// The message of the error that a call ends in.

#include <string>

#include "core/error.hpp"

namespace noesis::test {

/// @returns what() of the `Error` that `call` throws, or "no error".
template <class Error = ConfigError, class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace noesis::test
