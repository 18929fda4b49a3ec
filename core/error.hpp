#pragma once
/// Errors of noesis: what a user can mend (UserError) and what is a defect of the code
/// (InternalError). Nothing in the libraries exits or aborts; the command line turns an error into
/// one line and a code.

#include <stdexcept>
#include <string>

namespace noesis {

/// The parts of an error message. Empty parts are left out of the text.
struct ErrorParts {
  std::string what;     ///< what is wrong, in one clause
  std::string where;    ///< file:line, key, or array element
  std::string got;      ///< the value that was given
  std::string allowed;  ///< the values that would be right
  std::string next;     ///< what to do about it
};

/// One line: "where: what: got X, allowed Y; next".
std::string format_error(const ErrorParts& parts);

/// An error that the user can mend. Thread-safe to copy and rethrow.
class UserError : public std::runtime_error {
 public:
  explicit UserError(ErrorParts parts)
      : std::runtime_error(format_error(parts)), parts_(std::move(parts)) {}

  const ErrorParts& parts() const noexcept { return parts_; }
  /// Process exit code for the command line: 1 for a failed run, 2 for usage or configuration.
  virtual int exit_code() const noexcept { return 1; }

 private:
  ErrorParts parts_;
};

/// Wrong usage, configuration or input data: exit code 2.
class ConfigError : public UserError {
 public:
  using UserError::UserError;
  int exit_code() const noexcept override { return 2; }
};

/// A run that started and failed (blow-up, disk full, ...): exit code 1.
class RunError : public UserError {
 public:
  using UserError::UserError;
};

/// A broken assumption of our own code: there is a bug in noesis.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// @throws InternalError naming `what` when the condition does not hold.
inline void ensure(bool condition, const char* what) {
  if (!condition) throw InternalError(std::string("internal error (a bug in noesis): ") + what);
}

/// @throws ConfigError saying that the number `got` at `where` is none of `allowed`, when `ok` is
/// false.
template <typename Number>
void require(bool ok, const char* what, const char* where, Number got, const char* allowed) {
  if (!ok) throw ConfigError({what, where, std::to_string(got), allowed, ""});
}

}  // namespace noesis
