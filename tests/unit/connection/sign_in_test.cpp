#include "core/connection/sign_in.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "core/base/error.h"

using namespace psabridge;
using connection::Grant;
using connection::parse_sign_in;

TEST_CASE("A sign-in that a connector describes is taken whole") {
  const auto sign_in = parse_sign_in(
      R"({"grant": "authorization_code", "token_url": "https://a/token?tenant=t", "authorize_url": "https://a/authorize",
          "client_id": "me", "client_secret": "secret://me", "scopes": ["read:tickets", "offline_access"],
          "redirect_uri": "http://127.0.0.1:8741/callback", "parameters": {"tenant": "t"},
          "advice": {"invalid_scope": "Tick them.", "*": "Look."}})");
  CHECK(sign_in.grant == Grant::authorization_code);
  CHECK(sign_in.token_url == "https://a/token?tenant=t");
  CHECK(sign_in.scope_text() == "read:tickets offline_access");
  CHECK(sign_in.parameters.front() == std::pair<std::string, std::string>("tenant", "t"));
  CHECK(sign_in.advice_for("invalid_scope") == "Tick them.");
  CHECK(sign_in.advice_for("anything") == "Look.");
}

TEST_CASE("A sign-in that is not described well is refused with the member that is wrong") {
  struct Case {
    const char *json, *names;
  };
  const std::vector<Case> cases{
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {R"({"token_url": "u"})", "client_id"},
      {R"({"client_id": "c"})", "token_url"},
      {R"({"token_url": "u", "client_id": "c"})", "client_secret"},
      {R"({"token_url": "u", "client_id": "c", "grant": "password"})", "grant"},
      {R"({"token_url": 1})", "token_url"},
      {R"({"scopes": "all"})", "scopes"},
      {R"({"scopes": [1]})", "scopes"},
      {R"({"advice": []})", "advice"},
      {R"({"parameters": {"tenant": 1}})", "tenant"},
      {R"({"token_url": "u", "client_id": "c", "secret": "s"})", "secret"},
      {R"({"grant": "authorization_code", "token_url": "u", "client_id": "c"})", "authorize_url"},
      {R"({"grant": "authorization_code", "token_url": "u", "client_id": "c", "authorize_url": "a"})",
       "redirect_uri"},
  };
  for (const Case& one : cases) {
    INFO(one.json);
    try {
      parse_sign_in(one.json);
      FAIL_CHECK("it was taken");
    } catch (const Error& error) {
      CHECK(error.code() == "PB1901");
      CHECK(error.message().find(one.names) != std::string::npos);
    }
  }
}

TEST_CASE("The fingerprint of a sign-in changes with what a token depends on, and with nothing else") {
  const std::string base =
      R"({"grant": "client_credentials", "token_url": "https://a/token", "client_id": "me", "client_secret": "env://A", "scopes": ["all"])";
  const std::string usual = parse_sign_in(base + "}").fingerprint();
  CHECK(parse_sign_in(base + R"(, "advice": {"*": "x"}})").fingerprint() == usual);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = base + "}";
    text.replace(text.find(from), from.size(), to);
    return parse_sign_in(text).fingerprint() != usual;
  };
  CHECK(changed("https://a/token", "https://b/token"));
  CHECK(changed("\"me\"", "\"you\""));
  CHECK(changed("\"all\"", "\"admin\""));
  CHECK_FALSE(changed("env://A", "env://B"));
}
