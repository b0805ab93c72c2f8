#include "core/app/report.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <stdexcept>

#include "core/config/config.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using Catch::Matchers::ContainsSubstring;

const config::ConfigError kTwoProblems({{"PB1003", {"acme.yaml", 3, 5}, "first"},
                                        {"PB1003", {"acme.yaml", 9, 1}, "second"}});

}  // namespace

TEST_CASE("An error of ours exits as its class says") {
  struct Case {
    const char* code;
    int status;
  };
  for (const auto& [code, status] :
       {Case{"PB1001", 2}, Case{"PB1201", 3}, Case{"PB1203", 4}, Case{"PB1204", 4}, Case{"PB1402", 5},
        Case{"PB1302", 7}, Case{"PB1303", 8}, Case{"PB1410", 130}, Case{"PB1499", 1}}) {
    INFO(code);
    CHECK(describe(Error(code, "x")).status == status);
  }
}

TEST_CASE("What is no error of ours is an internal one") {
  const auto failure = describe(std::runtime_error("surprise"));
  CHECK(failure.status == 1);
  CHECK(failure.entries.at(0).code == "PB1499");
  CHECK(failure.entries.at(0).message == "surprise");
}

TEST_CASE("Every problem of a configuration is shown with its place, the advice once") {
  const auto text = to_text(describe(kTwoProblems), false);
  CHECK_THAT(text, ContainsSubstring("error PB1003 at acme.yaml:3:5: first\n") &&
                       ContainsSubstring("error PB1003 at acme.yaml:9:1: second\n"));
  CHECK(text.find("what to do") == text.rfind("what to do"));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("The envelope has always the same members") {
  const auto good =
      json::parse(envelope("runs list", Outcome{.data = json::array{1, 2}, .text = {}})).as_object();
  CHECK(good.at("command") == "runs list");
  CHECK(good.at("ok") == true);
  CHECK(good.at("data") == json::array{1, 2});
  CHECK(good.at("errors") == json::array{});

  const auto bad = json::parse(envelope("validate", describe(kTwoProblems))).as_object();
  CHECK(bad.at("ok") == false);
  CHECK(bad.at("data").is_null());
  const auto& error = bad.at("errors").at(1).as_object();
  CHECK(error.at("code") == "PB1003");
  CHECK(error.at("class") == "config");
  CHECK(error.at("message") == "second");
  CHECK(error.at("file") == "acme.yaml");
  CHECK(error.at("line") == 9);
  CHECK(error.at("column") == 1);
  CHECK(error.at("remedy").as_string().size() > 0);

  const auto placeless = json::parse(envelope("sync", describe(Error("PB1201", "x")))).as_object();
  CHECK(placeless.at("errors").at(0).at("file").is_null());
  CHECK(placeless.at("errors").at(0).at("line").is_null());
  for (const char* member : {"psabridge", "command", "ok", "data", "errors"}) {
    CHECK(good.contains(member));
    CHECK(bad.contains(member));
  }
}

}  // namespace psabridge::app
