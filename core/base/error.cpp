#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace psabridge {
namespace {

constexpr auto kCatalog = std::to_array<ErrorInfo>({
#define PSABRIDGE_ERROR(code, error_class, title, explanation, remedy) \
  {code, ErrorClass::error_class, title, explanation, remedy},
#include "core/base/error_catalog.inc"
#undef PSABRIDGE_ERROR
});
static_assert(std::ranges::is_sorted(kCatalog, {}, &ErrorInfo::code));

const ErrorInfo* catalog_entry(std::string_view code) {
  const ErrorInfo* info = find_error(code);
  assert(info && "every thrown code stands in error_catalog.inc");
  return info ? info : find_error("PB1499");
}

}  // namespace

Error::Error(std::string_view code, std::string message)
    : std::runtime_error(std::string(code) + ": " + message),
      info_(catalog_entry(code)),
      message_(std::move(message)) {}

std::span<const ErrorInfo> error_catalog() noexcept { return kCatalog; }

const ErrorInfo* find_error(std::string_view code) noexcept {
  const auto found = std::ranges::lower_bound(kCatalog, code, {}, &ErrorInfo::code);
  return found != kCatalog.end() && found->code == code ? &*found : nullptr;
}

std::string_view name_of(ErrorClass error_class) noexcept {
  switch (error_class) {
    case ErrorClass::usage:
      return "usage";
    case ErrorClass::config:
      return "config";
    case ErrorClass::auth:
      return "auth";
    case ErrorClass::permission:
      return "permission";
    case ErrorClass::rate_limited:
      return "rate_limited";
    case ErrorClass::transient:
      return "transient";
    case ErrorClass::data:
      return "data";
    case ErrorClass::guard:
      return "guard";
    case ErrorClass::environment:
      return "environment";
    case ErrorClass::conflict:
      return "conflict";
    case ErrorClass::integrity:
      return "integrity";
    case ErrorClass::cancelled:
      return "cancelled";
    case ErrorClass::internal:
      return "internal";
  }
  return "internal";
}

int exit_status(ErrorClass error_class) noexcept {
  switch (error_class) {
    case ErrorClass::usage:
    case ErrorClass::config:
      return 2;
    case ErrorClass::rate_limited:
    case ErrorClass::transient:
    case ErrorClass::environment:
      return 3;
    case ErrorClass::auth:
    case ErrorClass::permission:
      return 4;
    case ErrorClass::data:
    case ErrorClass::guard:
      return 5;
    case ErrorClass::conflict:
      return 7;
    case ErrorClass::integrity:
      return 8;
    case ErrorClass::cancelled:
      return 130;
    case ErrorClass::internal:
      return 1;
  }
  return 1;
}

}  // namespace psabridge
