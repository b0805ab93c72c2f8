#include "core/connection/sign_in.h"

#include <boost/json.hpp>

#include "core/base/error.h"

namespace psabridge::connection {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(const std::string& why) {
  throw Error("PB1901", "The connector's description of its sign-in cannot be used: " + why + ".");
}

std::string text_of(const json::value& value, std::string_view key) {
  if (!value.is_string()) refuse(std::string(key) + " is no text");
  return std::string(value.get_string());
}

Grant grant_of(const std::string& name) {
  if (name == "client_credentials") return Grant::client_credentials;
  if (name == "authorization_code") return Grant::authorization_code;
  refuse("grant is \"" + name + "\"");
}

const json::object& object_of(const json::value& value, std::string_view key) {
  if (!value.is_object()) refuse(std::string(key) + " is no object");
  return value.get_object();
}

std::vector<std::string> texts_of(const json::value& value, std::string_view key) {
  if (!value.is_array()) refuse(std::string(key) + " is no list");
  std::vector<std::string> texts;
  for (const json::value& item : value.get_array()) texts.push_back(text_of(item, key));
  return texts;
}

void take(SignIn& sign_in, std::string_view key, const json::value& value) {
  if (key == "grant") {
    sign_in.grant = grant_of(text_of(value, key));
  } else if (key == "token_url") {
    sign_in.token_url = text_of(value, key);
  } else if (key == "authorize_url") {
    sign_in.authorize_url = text_of(value, key);
  } else if (key == "client_id") {
    sign_in.client_id = text_of(value, key);
  } else if (key == "client_secret") {
    sign_in.client_secret = text_of(value, key);
  } else if (key == "redirect_uri") {
    sign_in.redirect_uri = text_of(value, key);
  } else if (key == "scopes") {
    sign_in.scopes = texts_of(value, key);
  } else if (key == "parameters") {
    for (const auto& [name, text] : object_of(value, key))
      sign_in.parameters.emplace_back(name, text_of(text, name));
  } else if (key == "advice") {
    for (const auto& [name, text] : object_of(value, key)) sign_in.advice.emplace(name, text_of(text, name));
  } else {
    refuse("it has the unknown member \"" + std::string(key) + "\"");
  }
}

void require(std::string_view value, const char* key) {
  if (value.empty()) refuse(std::string(key) + " is missing");
}

}  // namespace

std::string SignIn::scope_text() const {
  std::string text;
  for (const std::string& scope : scopes) text += (text.empty() ? "" : " ") + scope;
  return text;
}

std::string_view SignIn::advice_for(std::string_view oauth_error) const {
  auto found = advice.find(std::string(oauth_error));
  if (found == advice.end()) found = advice.find("*");
  return found == advice.end() ? std::string_view() : found->second;
}

std::string SignIn::fingerprint() const {
  const char* const name = grant == Grant::client_credentials ? "client_credentials" : "authorization_code";
  return json::serialize(json::array{name, token_url, client_id, scope_text()});
}

SignIn parse_sign_in(std::string_view text) {
  json::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) refuse("it is no JSON object");
  SignIn sign_in;
  for (const auto& [key, value] : parsed.get_object()) take(sign_in, key, value);
  require(sign_in.token_url, "token_url");
  require(sign_in.client_id, "client_id");
  if (sign_in.grant == Grant::authorization_code) {
    require(sign_in.authorize_url, "authorize_url");
    require(sign_in.redirect_uri, "redirect_uri");
  } else {
    require(sign_in.client_secret, "client_secret");
  }
  return sign_in;
}

}  // namespace psabridge::connection
