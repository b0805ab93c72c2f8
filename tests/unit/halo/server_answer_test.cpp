#include "server_answer.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace psabridge;
using namespace psabridge::halo;
using sdk::Outcome;

TEST_CASE("Every shape of error body gives the server's words") {
  struct Case {
    const char* body;
    const char* words;
  };
  const Case c = GENERATE(
      Case{R"("Assign it first.")", "Assign it first."},
      Case{R"({"ClassName":"System.Exception","Message":"No elements"})", "No elements"},
      Case{R"({"Message":"Pick a site"})", "Pick a site"}, Case{R"({"message":"Name it"})", "Name it"},
      Case{R"({"error":"Not valid"})", "Not valid"},
      Case{R"({"error":{"error_description":"Bad query"}})", "Bad query"},
      Case{R"({"error":"invalid_client","error_description":"Unknown app"})", "invalid_client: Unknown app"},
      Case{R"({"resultCode":17,"errorMessage":"No access"})", "No access"},
      Case{R"({"[0].outcome_id":["Could not convert"]})", "[0].outcome_id: Could not convert"},
      Case{R"({"[0].a":["one","two"],"id":["three"]})", "[0].a: one; two; id: three"},
      Case{R"({"detail":"Whatever"})", "Whatever"}, Case{"", ""}, Case{"<html>Bad Gateway</html>", ""},
      Case{"Bad Gateway", "Bad Gateway"}, Case{"{}", ""}, Case{"null", ""}, Case{"42", "42"},
      Case{"line one\r\nline\x01two \xFF", "line one  line two"},
      Case{R"({"error":"invalid)", R"({"error":"invalid)"});
  INFO(c.body);
  CHECK(server_words(c.body) == c.words);
}

TEST_CASE("Long words are cut between characters") {
  std::string body = "\"";
  for (int i = 0; i < 400; ++i) body += "\xC3\xA4";
  const std::string words = server_words(body + "\"");
  CHECK(words.size() <= 303);
  CHECK(words.ends_with("\xC3\xA4..."));
}

TEST_CASE("A status decides what the host does next") {
  struct Case {
    int status;
    const char* body;
    Outcome outcome;
    const char* code;
    const char* part;
  };
  const Case c = GENERATE(
      Case{401, "", Outcome::unauthorized, "PB1203", "fresh token"},
      Case{403, "", Outcome::forbidden, "PB1204", "read:tickets"},
      Case{404, R"({"Message":"none"})", Outcome::invalid, "PB1207", "api_url"},
      Case{400, R"({"Message":"Invalid search"})", Outcome::invalid, "PB1208", "Invalid search"},
      Case{400, "<html>", Outcome::invalid, "PB1207", "a web page"},
      Case{302, "", Outcome::invalid, "PB1207", "API Details"},
      Case{429, "", Outcome::throttled, "PB1205", "429"},
      Case{500, R"("boom")", Outcome::retry, "PB1206", "boom"},
      Case{502, "<html>", Outcome::retry, "PB1206", "502"}, Case{503, "", Outcome::retry, "PB1206", "503"},
      Case{408, "", Outcome::retry, "PB1206", "408"});
  INFO(c.status << " " << c.body);
  const sdk::Failure failure =
      api_failure({c.status, {}, c.body}, {"ticket", "read:tickets", "https://a/api/Tickets"}, 0);
  CHECK(failure.outcome() == c.outcome);
  CHECK(failure.error_code() == c.code);
  const std::string message = failure.what();
  CHECK(message.find(c.part) != std::string::npos);
  CHECK(message.find("https://a/api/Tickets") != std::string::npos);
}

TEST_CASE("Retry-After is seconds or a date; anything else is left to the host") {
  struct Case {
    const char* header;
    std::int64_t milliseconds;
  };
  const Milliseconds now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  const Case c =
      GENERATE(Case{"2", 2000}, Case{"0", 0}, Case{"", 0}, Case{"soon", 0},
               Case{"Sun, 06 Nov 1994 08:49:40 GMT", 3000}, Case{"Sun, 06 Nov 1994 08:49:30 GMT", 0});
  INFO(c.header);
  const sdk::Failure failure =
      api_failure({429, {{"retry-after", c.header}}, "\"slow down\""}, {"ticket", "", "https://a"}, now);
  CHECK(failure.retry_after().count() == c.milliseconds);
}

TEST_CASE("A page that speaks of maintenance is no wrong address") {
  struct Case {
    int status;
    const char* body;
    const char* code;
  };
  const Case c = GENERATE(Case{503, "<html><h1>Scheduled Maintenance</h1></html>", "PB1230"},
                          Case{200, "<!DOCTYPE html><p>Halo is being upgraded</p>", "PB1230"},
                          Case{503, R"("maintenance")", "PB1206"}, Case{503, "<html>Busy</html>", "PB1206"},
                          Case{200, "<html>Log in</html>", "PB1207"});
  INFO(c.status << " " << c.body);
  const Subject subject{"ticket", "", "https://a/api/Tickets"};
  const sdk::Failure failure =
      c.status == 200 ? page_failure(c.body, subject) : api_failure({c.status, {}, c.body}, subject, 0);
  CHECK(failure.error_code() == c.code);
  CHECK((failure.outcome() == Outcome::invalid) == (c.status == 200 && failure.error_code() == "PB1207"));
}

TEST_CASE("A refused request names what it was signed with") {
  const sdk::Failure failure =
      api_failure({401, {}, ""}, {"ticket", "", "https://a/api/Tickets", "the API key"}, 0);
  CHECK(std::string(failure.what()).find("refuses the API key") != std::string::npos);
}
