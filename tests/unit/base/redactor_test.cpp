#include "core/base/redactor.h"

#include <catch2/catch_test_macros.hpp>

using namespace psabridge;

TEST_CASE("known secrets never leave as text") {
  Redactor redactor;
  redactor.add("s3cr3t/+key");
  redactor.add("s3cr3t/+key-and-more");
  redactor.add("abc");  // too short to hide without blotting out ordinary text
  CHECK(redactor.apply("a s3cr3t/+key b s3cr3t/+key") == "a [secret] b [secret]");
  CHECK(redactor.apply("client_secret=s3cr3t%2F%2Bkey&x=1") == "client_secret=[secret]&x=1");
  CHECK(redactor.apply("s3cr3t/+key-and-more") == "[secret]");
  CHECK(redactor.apply("abc") == "abc");
}
