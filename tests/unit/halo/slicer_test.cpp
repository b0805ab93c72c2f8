#include "slicer.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <memory>
#include <string>

using namespace psabridge::halo;

namespace {

constexpr std::array<std::string_view, 1> kId{"id"};
constexpr std::array<std::string_view, 2> kVersion{"last_update", "lastupdate"};
constexpr RowForm kTickets{"tickets", kId, kVersion, "deleted"};

std::string ids(const Slicing& slicing) {
  std::string text;
  for (const Row& row : slicing.rows) text += (text.empty() ? "" : ",") + (row.id.empty() ? "-" : row.id);
  return text;
}

/// A copy that ends exactly at the end of its memory, so that a sanitizer sees one byte too much.
Slicing slice_exact(std::string_view body) {
  const std::unique_ptr<char[]> copy(new char[body.size() + 1]);
  std::copy(body.begin(), body.end(), copy.get() + 1);
  Slicing slicing = slice_list({copy.get() + 1, body.size()}, kTickets);
  for (Row& row : slicing.rows) row.text = {};
  return slicing;
}

}  // namespace

TEST_CASE("The list is found in every envelope") {
  struct Case {
    const char* body;
    const char* ids;
    std::int64_t count;  // -1: none
  };
  const Case c = GENERATE(
      Case{R"([{"id":1},{"id":2}])", "1,2", -1}, Case{R"([])", "", -1}, Case{" [ ] ", "", -1},
      Case{R"({"page_no":1,"page_size":50,"record_count":2,"tickets":[{"id":1},{"id":2}]})", "1,2", 2},
      Case{R"({"tickets":[{"id":1}],"record_count":"717"})", "1", 717},
      Case{R"({"record_count":717.0,"results":[{"id":4}]})", "4", 717},
      Case{R"({"columns":[{"id":9}],"record_count":1,"tickets":[{"id":1}]})", "1", 1},
      Case{R"({"columns":[{"id":9}],"agents":[{"id":5}],"record_count":1})", "5", 1},
      Case{R"({"other":[{"id":9}],"tickets":[{"id":1}]})", "1", -1},
      Case{R"({"record_count":0,"tickets":null})", "", 0}, Case{R"({"record_count":0})", "", 0},
      Case{"\xEF\xBB\xBF[{\"id\":1}]", "1", -1}, Case{R"({"tickets":[7,"8"]})", "7,8", -1},
      Case{R"({"tickets":[{"id":1,"a":"]},{\"id\":5"},{"id":2,"n":{"id":77}}]})", "1,2", -1});
  INFO(c.body);
  const Slicing slicing = slice_list(c.body, kTickets);
  REQUIRE(slicing.kind == BodyKind::rows);
  CHECK(ids(slicing) == c.ids);
  CHECK(slicing.record_count.value_or(-1) == c.count);
}

TEST_CASE("What is no list is told apart") {
  struct Case {
    const char* body;
    BodyKind kind;
  };
  const Case c = GENERATE(
      Case{"<html><body>Sign in</body></html>", BodyKind::html}, Case{"\n <!DOCTYPE html>", BodyKind::html},
      Case{"", BodyKind::broken}, Case{"  ", BodyKind::broken},
      Case{R"("Rate limit exceeded.")", BodyKind::no_list}, Case{"{}", BodyKind::no_list},
      Case{R"({"error":"x"})", BodyKind::no_list}, Case{R"([{"id":1}] trailing)", BodyKind::broken},
      Case{R"([{"id":1},])", BodyKind::broken}, Case{R"({"tickets":[{"id":1}})", BodyKind::broken},
      Case{R"({"tickets":[{"id":1}]]})", BodyKind::broken}, Case{R"([{"id" 1}])", BodyKind::broken},
      Case{R"({"columns":[{"id":1}]})", BodyKind::no_list}, Case{"[{\"id\":1}", BodyKind::broken});
  INFO(c.body);
  const Slicing slicing = slice_list(c.body, kTickets);
  CHECK(slicing.kind == c.kind);
  CHECK(slicing.rows.empty());
}

TEST_CASE("One record has one id, however it is written") {
  struct Case {
    const char* id;
    const char* text;
  };
  const Case c =
      GENERATE(Case{"21", "21"}, Case{"21.0", "21"}, Case{"\"21\"", "21"}, Case{"\"21.0\"", "21"},
               Case{"\"0004242\"", "4242"}, Case{"2.1e1", "21"}, Case{"-1", "-1"}, Case{"0", "0"},
               Case{"123456789012345678", "123456789012345678"},
               Case{"\"8f14e45f-ceea-467f-a1b2-000000000001\"", "8f14e45f-ceea-467f-a1b2-000000000001"},
               Case{"null", ""}, Case{"\"\"", ""}, Case{"true", ""}, Case{"1.5", ""}, Case{"1e300", ""},
               Case{"{}", ""}, Case{"[1]", ""}, Case{"\"a\\u0000b\"", ""}, Case{"\"\xFF\"", ""});
  const std::string body = std::string("[{\"id\":") + c.id + "}]";
  INFO(body);
  const Slicing slicing = slice_list(body, kTickets);
  REQUIRE(slicing.rows.size() == 1);
  CHECK(slicing.rows[0].id == c.text);
  CHECK(slicing.rows[0].text == body.substr(1, body.size() - 2));
}

TEST_CASE("The version is the best known stamp, null dates are none") {
  struct Case {
    const char* members;
    const char* version;
  };
  const Case c = GENERATE(
      Case{R"("last_update":"2026-10-03T06:24:10.96")", "2026-10-03T06:24:10.960Z"},
      Case{R"("lastupdate":"2026-10-03T06:24:10","last_update":null)", "2026-10-03T06:24:10.000Z"},
      Case{R"("lastupdate":"2026-10-03T06:24:10","last_update":"2026-10-04T00:00:00")",
           "2026-10-04T00:00:00.000Z"},
      Case{R"("last_update":"1900-01-01T00:00:00")", ""}, Case{R"("last_update":"1980-01-01T00:00:00")", ""},
      Case{R"("last_update":5)", ""}, Case{R"("nested":{"last_update":"2026-10-03T06:24:10"})", ""});
  INFO(c.members);
  const std::string body = std::string(R"([{"id":1,)") + c.members + "}]";
  CHECK(slice_list(body, kTickets).rows.at(0).version == c.version);
}

TEST_CASE("Elements that are no usable record are kept, without an id") {
  const Slicing slicing =
      slice_list(R"([{"id":1},null,[2],{"name":"x"},true,{"id":3,"deleted":true}])", kTickets);
  CHECK(ids(slicing) == "1,-,-,-,-,3");
  CHECK(slicing.rows[1].text == "null");
  CHECK(slicing.rows[5].deleted);
  CHECK_FALSE(slicing.rows[0].deleted);
}

TEST_CASE("An id of two parts needs both") {
  constexpr std::array<std::string_view, 2> kParts{"slaid", "priorityid"};
  const RowForm form{"", kParts, {}, ""};
  CHECK(ids(slice_list(R"([{"slaid":1,"priorityid":3.0},{"priorityid":3}])", form)) == "1/3,-");
}

TEST_CASE("A body cut anywhere is broken, and nothing is read beyond it") {
  const std::string body =
      R"({"record_count":3,"columns":[{"id":[1,{"x":"y"}]}],"tickets":[{"id":1.0,"s":"q\"]}\\","n":{"a":[1,2,{"b":null}]},"last_update":"2026-10-03T06:24:10.9"},)"
      R"({"id":"2"},{"id":3,"t":"\u00e4"}],"page_no":1})";
  REQUIRE(slice_exact(body).rows.size() == 3);
  for (std::size_t size = 0; size < body.size(); ++size) {
    INFO(body.substr(0, size));
    CHECK(slice_exact(std::string_view(body).substr(0, size)).kind == BodyKind::broken);
  }
}

TEST_CASE("Any byte in any place does no harm") {
  const std::string body =
      R"({"record_count":1,"tickets":[{"id":1,"last_update":"2026-10-03T06:24:10.9","n":{"a":[1,"\""]}}]})";
  std::size_t sound = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (const char c : {'"', '\\', '{', '}', '[', ']', ',', ':', '\0', '\xFF', ' ', '9'}) {
      std::string bent = body;
      bent[at] = c;
      sound += slice_exact(bent).kind == BodyKind::rows ? 1 : 0;
    }
  }
  CHECK(sound > 0);  // a changed letter within a text leaves the structure sound
}

TEST_CASE("A single record is an object or an array of one") {
  CHECK(ids(slice_record(R"({"id":5,"tickets":[{"id":1}]})", kTickets)) == "5");
  CHECK(ids(slice_record(R"([{"id":5}])", kTickets)) == "5");
  CHECK(slice_record("[]", kTickets).kind == BodyKind::no_list);
  CHECK(slice_record("{\"id\":5", kTickets).kind == BodyKind::broken);
  CHECK(slice_record("<html>", kTickets).kind == BodyKind::html);
}
