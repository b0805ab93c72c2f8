#include "core/connection/browser_sign_in.h"

#include <openssl/evp.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "core/base/error.h"
#include "core/net/query.h"
#include "tests/unit/net/fake_clock.h"

using namespace psabridge;
using connection::BrowserSignIn;
using connection::SignIn;

namespace {

using Query = std::map<std::string, std::string>;

SignIn tenant() {
  SignIn sign_in;
  sign_in.grant = connection::Grant::authorization_code;
  sign_in.token_url = "https://acme.example/auth/token";
  sign_in.authorize_url = "https://acme.example/auth/authorize";
  sign_in.client_id = "client & co";
  sign_in.scopes = {"read:tickets", "offline_access"};
  sign_in.redirect_uri = "http://127.0.0.1:8741/callback";
  sign_in.parameters = {{"tenant", "acme"}};
  sign_in.advice = {{"access_denied", "Let an administrator sign in."}};
  return sign_in;
}

Query parameters_of(const std::string& url) { return net::decode_query(url.substr(url.find('?') + 1)); }

/// RFC 7636, 4.2, computed with another library than ours.
std::string challenge_of(const std::string& verifier) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(verifier.data(), verifier.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text;
  std::string encoded(
      reinterpret_cast<char*>(text.data()),
      static_cast<std::size_t>(EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size))));
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return encoded.substr(0, encoded.find('='));
}

std::string code_of_failure(BrowserSignIn& attempt, const Query& query) {
  try {
    attempt.code(query);
    return "none";
  } catch (const Error& error) {
    return std::string(error.code());
  }
}

}  // namespace

TEST_CASE("The browser is sent with everything that the server wants to know, and nothing secret") {
  FakeClock clock;
  const SignIn sign_in = tenant();
  const BrowserSignIn attempt(sign_in, clock);
  CHECK(attempt.url().starts_with("https://acme.example/auth/authorize?"));
  Query query = parameters_of(attempt.url());
  CHECK(query["response_type"] == "code");
  CHECK(query["client_id"] == "client & co");
  CHECK(query["redirect_uri"] == "http://127.0.0.1:8741/callback");
  CHECK(query["scope"] == "read:tickets offline_access");
  CHECK(query["tenant"] == "acme");
  CHECK(query["code_challenge_method"] == "S256");
  CHECK(query["code_challenge"] == challenge_of(attempt.verifier()));
  CHECK(attempt.verifier().size() >= 43);
  CHECK(attempt.url().find(attempt.verifier()) == std::string::npos);
}

TEST_CASE("Every attempt has a state and a verifier of its own") {
  FakeClock clock;
  const SignIn sign_in = tenant();
  const BrowserSignIn one(sign_in, clock), other(sign_in, clock);
  CHECK(one.verifier() != other.verifier());
  CHECK(parameters_of(one.url())["state"] != parameters_of(other.url())["state"]);
}

TEST_CASE("A browser that comes back with the state brings the code, once") {
  FakeClock clock;
  const SignIn sign_in = tenant();
  BrowserSignIn attempt(sign_in, clock);
  const Query answer{{"state", parameters_of(attempt.url())["state"]}, {"code", "abc"}};
  CHECK(attempt.code(answer) == "abc");
  CHECK(code_of_failure(attempt, answer) == "PB1905");
}

TEST_CASE("Answers that do not belong to the attempt do nothing to it") {
  FakeClock clock;
  const SignIn sign_in = tenant();
  BrowserSignIn attempt(sign_in, clock);
  const std::string state = parameters_of(attempt.url())["state"];
  for (const Query& foreign : std::vector<Query>{{},
                                                 {{"code", "abc"}},
                                                 {{"code", "abc"}, {"state", ""}},
                                                 {{"code", "abc"}, {"state", state + "x"}},
                                                 {{"code", "abc"}, {"state", state.substr(1)}},
                                                 {{"error", "access_denied"}, {"state", "guess"}}})
    CHECK(code_of_failure(attempt, foreign) == "PB1905");
  CHECK(attempt.code({{"state", state}, {"code", "abc"}}) == "abc");
}

TEST_CASE("A person may take ten minutes") {
  FakeClock clock;
  const SignIn sign_in = tenant();
  BrowserSignIn attempt(sign_in, clock);
  clock.advance(connection::kBrowserPatience);
  CHECK(code_of_failure(attempt, {{"state", parameters_of(attempt.url())["state"]}, {"code", "abc"}}) ==
        "PB1905");
}

TEST_CASE("A refusal is told in the server's words with the connector's advice") {
  FakeClock clock;
  const SignIn sign_in = tenant();
  BrowserSignIn attempt(sign_in, clock);
  try {
    attempt.code({{"state", parameters_of(attempt.url())["state"]},
                  {"error", "access_denied"},
                  {"error_description", "The resource owner denied the request."}});
    FAIL("the refusal was taken for a code");
  } catch (const Error& error) {
    CHECK(error.code() == "PB1904");
    CHECK(error.message().find("The resource owner denied the request.") != std::string::npos);
    CHECK(error.message().find("Let an administrator sign in.") != std::string::npos);
  }
}
