#include <catch2/catch_test_macros.hpp>
#include <psabridge/json.hpp>
#include <string>

namespace psabridge::sdk {

TEST_CASE("settings are read by name, with defaults for what is not there") {
  const Json settings = Json::parse(
      R"( {"team": "noc", "share": 0.5, "on": true, "words": ["a", {"deep": null}], "text": "\u00e4\ud83d\ude00\n\"\\"} )");
  CHECK(settings["team"].text() == "noc");
  CHECK(settings["share"].number() == 0.5);
  CHECK(settings["on"].boolean());
  CHECK(settings["words"].elements().size() == 2);
  CHECK(settings["words"].elements()[1]["deep"].is_null());
  CHECK(settings["text"].text() == "\xc3\xa4\xf0\x9f\x98\x80\n\"\\");
  CHECK(settings["missing"]["deeper"].text("otherwise") == "otherwise");
  CHECK(settings["team"].number(7) == 7);
  CHECK(Json::parse("[]").elements().empty());
  CHECK(Json::parse("-12e1").number() == -120);
}

TEST_CASE("what is no JSON is refused, however deep or cut off") {
  const std::string whole = R"({"a": [1, {"b": "\u00e4"}], "c": true})";
  CHECK(Json::parse(whole)["c"].boolean());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(Json::parse(std::string_view(whole).substr(0, size)), Failure);
  for (const std::string wrong :
       {"{} {}", "{'a': 1}", "[1 2]", R"("\x")", R"("\ud800")", R"("\ud800A")", R"("\u12")", "nul"}) {
    INFO(wrong);
    CHECK_THROWS_AS(Json::parse(wrong), Failure);
  }
  CHECK_THROWS_AS(Json::parse(std::string(100'000, '[')), Failure);
}

TEST_CASE("a text that is written as JSON is read back as it was") {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "\xc3\xa4\xf0\x9f\x98\x80";
  CHECK(Json::parse(quoted(all)).text() == all);
  CHECK(quoted("") == "\"\"");
}

}  // namespace psabridge::sdk
