#include "core/base/text.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace psabridge;
using namespace std::string_literals;

TEST_CASE("well-formed UTF-8 is told from broken bytes") {
  for (const std::string& good :
       {""s, "plain"s, "Zürich"s, "日本語"s, "😀 ok"s, "a\0b"s, "\xEF\xBF\xBF"s, "\xF4\x8F\xBF\xBF"s})
    CHECK(is_utf8(good));
  for (const std::string& bad :
       {"\x80"s, "\xC0\xAF"s, "abc\xE2\x82"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s, "\xF8\x88\x80\x80\x80"s,
        "long enough for the fast way \xFF"s, "\xE0\x80\x80"s})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("a slip of the pen gets a suggestion, another word does not") {
  static constexpr std::array<std::string_view, 4> kNames{"statuses", "since", "clients", "teams"};
  CHECK(nearest("statusses", kNames) == "statuses");
  CHECK(nearest("sicne", kNames) == "since");
  CHECK(nearest("colour", kNames).empty());
  CHECK(did_you_mean("cleints", kNames) == " Did you mean \"clients\"?");
  CHECK(did_you_mean("zzz", kNames).empty());
}

TEST_CASE("only the case of ASCII letters is folded") {
  CHECK(ascii_lowered("Zürich ÄB-[1]") == "zürich Äb-[1]");
  CHECK(equals_ignoring_case("Content-Type", "content-TYPE"));
  CHECK(equals_ignoring_case("", ""));
  CHECK_FALSE(equals_ignoring_case("Ä", "ä"));
  CHECK_FALSE(equals_ignoring_case("a", "ab"));
}

TEST_CASE("texts that differ in numbers only are one without them") {
  CHECK(without_numbers("ticket 12 of 3: 45%") == "ticket # of #: #%");
  CHECK(without_numbers("none") == "none");
  CHECK(without_numbers("").empty());
}

TEST_CASE("bytes are shown as two digits each") {
  CHECK(hexadecimal("").empty());
  CHECK(hexadecimal(std::string("\x00\x0A\xFF", 3)) == "000aff");
}
