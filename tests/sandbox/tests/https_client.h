// A small HTTPS client for the sandbox's own tests: one keep-alive connection, no retries, nothing hidden.
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/sandbox/sandbox.h"

namespace sandbox_test {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
  bool whole = true;  // as many bytes as Content-Length says

  boost::json::value json() const;
};

class HttpsClient {
 public:
  explicit HttpsClient(const sandbox::Sandbox& server);
  // Trusts the CA of `ca_file` only.
  HttpsClient(std::uint16_t port, const std::string& ca_file, sandbox::ClientCredentials client);
  ~HttpsClient();

  // Throws Poco::Exception when the connection fails.
  Reply send(std::string_view method, std::string_view path, std::string_view body = {},
             std::string_view content_type = "application/json");
  Reply get(std::string_view path) { return send("GET", path); }
  Reply post(std::string_view path, std::string_view body) { return send("POST", path, body); }
  // A token request with the form given; the Authorization header is left out.
  Reply token(std::string_view form);
  // Signs in with these scopes and uses the token from here on.
  void sign_in(std::string_view scopes = "all");
  void set_authorization(std::string value) { authorization_ = std::move(value); }
  // For X-Halo-Api-Key; empty: none is sent.
  void set_api_key(std::string value) { api_key_ = std::move(value); }
  const std::string& authorization() const { return authorization_; }

 private:
  struct Session;
  std::unique_ptr<Session> session_;
  sandbox::ClientCredentials client_;
  std::string authorization_;
  std::string api_key_;
};

}  // namespace sandbox_test
