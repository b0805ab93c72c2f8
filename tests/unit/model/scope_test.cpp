#include "core/model/scope.h"

#include <array>
#include <catch2/catch_test_macros.hpp>

using namespace psabridge;

namespace {

/// Fields: inactive, status_id, updated, closed.
bool passes(const ScopeTest& test, std::array<Value, 4> fields) {
  const Record record{borrow("1"), {}, fields.data(), fields.size(), borrow("{}"), {}};
  return in_scope({test}, record);
}

const Value kNull = null_value();

}  // namespace

TEST_CASE("equals takes a missing boolean for false") {
  const ScopeTest active{
      .test = FilterTest::equals, .fields = {0}, .unless = {}, .flag = false, .values = {}, .time = {}};
  CHECK(passes(active, {bool_value(false), kNull, kNull, kNull}));
  CHECK(passes(active, {kNull, kNull, kNull, kNull}));
  CHECK_FALSE(passes(active, {bool_value(true), kNull, kNull, kNull}));
}

TEST_CASE("any_of compares without case, numbers by their digits") {
  const ScopeTest some{.test = FilterTest::any_of,
                       .fields = {1},
                       .unless = {},
                       .flag = false,
                       .values = {"open", "7"},
                       .time = {}};
  CHECK(passes(some, {kNull, text_value("Open"), kNull, kNull}));
  CHECK(passes(some, {kNull, integer_value(7), kNull, kNull}));
  CHECK_FALSE(passes(some, {kNull, text_value("opened"), kNull, kNull}));
  CHECK_FALSE(passes(some, {kNull, kNull, kNull, kNull}));
}

TEST_CASE("since spares what is still open and what has no time") {
  const ScopeTest since{.test = FilterTest::since,
                        .fields = {2},
                        .unless = 3,
                        .flag = false,
                        .values = {},
                        .time = "2026-03-01T00:00:00.000Z"};
  const Value old = time_value("2026-02-01T00:00:00.000Z"), edge = time_value("2026-03-01T00:00:00.000Z");
  CHECK_FALSE(passes(since, {kNull, kNull, old, bool_value(true)}));
  CHECK(passes(since, {kNull, kNull, edge, bool_value(true)}));
  CHECK(passes(since, {kNull, kNull, old, bool_value(false)}));
  CHECK(passes(since, {kNull, kNull, old, kNull}));
  CHECK(passes(since, {kNull, kNull, kNull, bool_value(true)}));
}
