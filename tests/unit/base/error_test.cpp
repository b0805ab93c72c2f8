#include "core/base/error.h"

#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <string>

using namespace psabridge;

TEST_CASE("every catalog entry tells an admin what, why and what to do") {
  for (const ErrorInfo& info : error_catalog()) {
    CAPTURE(info.code);
    CHECK(std::regex_match(std::string(info.code), std::regex("PB[12][0-9]{3}")));
    CHECK(find_error(info.code) == &info);
    CHECK_FALSE(info.title.empty());
    CHECK(info.explanation.ends_with('.'));
    CHECK(info.remedy.ends_with('.'));
  }
  CHECK(find_error("PB9999") == nullptr);
}

TEST_CASE("an error carries code, class and sentence") {
  const Error error("PB1203", "Halo refused the client id of acme.");
  CHECK(error.code() == "PB1203");
  CHECK(error.error_class() == ErrorClass::auth);
  CHECK(std::string(error.what()) == "PB1203: Halo refused the client id of acme.");
  CHECK(exit_status(error.error_class()) == 4);
}
