#include "core/model/scope.h"

#include <algorithm>
#include <charconv>

#include "core/base/text.h"

namespace psabridge {
namespace {

bool is_true(const Value& value) {
  return value.type <= PSABRIDGE_TYPE_INTEGER && value.type != PSABRIDGE_TYPE_NULL && value.as.integer != 0;
}

bool one_of(const Value& value, const std::vector<std::string>& wanted) {
  char digits[24];
  std::string_view text = text_of(value);
  if (value.type == PSABRIDGE_TYPE_INTEGER)
    text = {digits, static_cast<std::size_t>(
                        std::to_chars(digits, digits + sizeof digits, value.as.integer).ptr - digits)};
  return std::ranges::any_of(wanted,
                             [&](const std::string& want) { return equals_ignoring_case(text, want); });
}

bool matches(const ScopeTest& test, const Value& value) {
  switch (test.test) {
    case FilterTest::equals:
      return is_true(value) == test.flag;
    case FilterTest::any_of:
      return !is_null(value) && one_of(value, test.values);
    case FilterTest::since:
      return is_null(value) || text_of(value) >= test.time;
    case FilterTest::until:
      return is_null(value) || text_of(value) <= test.time;
    case FilterTest::hint:
      return true;
  }
  return true;
}

}  // namespace

bool in_scope(const Scope& scope, const Record& record) {
  return std::ranges::all_of(scope, [&](const ScopeTest& test) {
    if (test.test == FilterTest::hint) return true;
    if (test.unless && !is_true(record.fields[*test.unless])) return true;
    return std::ranges::any_of(test.fields,
                               [&](std::size_t field) { return matches(test, record.fields[field]); });
  });
}

}  // namespace psabridge
