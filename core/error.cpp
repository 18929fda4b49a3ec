#include "core/error.hpp"

namespace noesis {

std::string format_error(const ErrorParts& parts) {
  std::string text;
  if (!parts.where.empty()) text += parts.where + ": ";
  text += parts.what;
  if (!parts.got.empty()) text += ": got " + parts.got;
  if (!parts.allowed.empty())
    text += (parts.got.empty() ? ": allowed " : ", allowed ") + parts.allowed;
  if (!parts.next.empty()) text += "; " + parts.next;
  return text;
}

}  // namespace noesis
