// One field of a record. The plugin contract's own value type is used throughout, so that a batch crosses
// into a plugin as it is.
#pragma once
#include <psabridge/abi.h>

#include <cstdint>
#include <string_view>

namespace psabridge {

/// A field: null, bool, integer, real, text, time or JSON. Borrows its text.
using Value = psabridge_value;

inline std::string_view view(psabridge_str text) noexcept { return {text.data ? text.data : "", text.size}; }
inline psabridge_str borrow(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline Value null_value() noexcept { return Value{PSABRIDGE_TYPE_NULL, 0, {.integer = 0}}; }
inline Value bool_value(bool value) noexcept {
  return Value{PSABRIDGE_TYPE_BOOL, 0, {.integer = value ? 1 : 0}};
}
inline Value integer_value(std::int64_t value) noexcept {
  return Value{PSABRIDGE_TYPE_INTEGER, 0, {.integer = value}};
}
inline Value real_value(double value) noexcept { return Value{PSABRIDGE_TYPE_REAL, 0, {.real = value}}; }
inline Value text_value(std::string_view text) noexcept {
  return Value{PSABRIDGE_TYPE_TEXT, 0, {.text = borrow(text)}};
}
inline Value time_value(std::string_view text) noexcept {
  return Value{PSABRIDGE_TYPE_TIME, 0, {.text = borrow(text)}};
}
inline Value json_value(std::string_view text) noexcept {
  return Value{PSABRIDGE_TYPE_JSON, 0, {.text = borrow(text)}};
}

inline bool is_null(const Value& value) noexcept { return value.type == PSABRIDGE_TYPE_NULL; }
/// True for the types that carry text.
inline bool has_text(const Value& value) noexcept { return value.type >= PSABRIDGE_TYPE_TEXT; }
/// The text of a value that has one, else empty.
inline std::string_view text_of(const Value& value) noexcept {
  return has_text(value) ? view(value.as.text) : std::string_view();
}

}  // namespace psabridge
