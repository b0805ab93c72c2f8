#include "tests/sandbox/tests/https_client.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>

#include <boost/json/parse.hpp>

namespace sandbox_test {
namespace {

Poco::Net::Context::Ptr trusting(const std::string& ca_file) {
  Poco::Net::Context::Params params;
  params.caLocation = ca_file;
  params.verificationMode = Poco::Net::Context::VERIFY_RELAXED;  // an address has no name to compare
  Poco::Net::Context::Ptr context(new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  return context;
}

}  // namespace

struct HttpsClient::Session {
  Poco::Net::HTTPSClientSession https;
};

boost::json::value Reply::json() const {
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  return boost::json::parse(body, {}, options);
}

HttpsClient::HttpsClient(const sandbox::Sandbox& server)
    : HttpsClient(server.port(), server.ca_file().string(), server.client()) {}

HttpsClient::HttpsClient(std::uint16_t port, const std::string& ca_file, sandbox::ClientCredentials client)
    : session_(new Session{{"127.0.0.1", port, trusting(ca_file)}}), client_(std::move(client)) {
  session_->https.setKeepAlive(true);
  session_->https.setTimeout(Poco::Timespan(20, 0));
}

HttpsClient::~HttpsClient() = default;

Reply HttpsClient::send(std::string_view method, std::string_view path, std::string_view body,
                        std::string_view content_type) {
  Poco::Net::HTTPRequest request{std::string(method), std::string(path), "HTTP/1.1"};
  request.setKeepAlive(true);
  if (!authorization_.empty()) request.set("Authorization", authorization_);
  if (!api_key_.empty()) request.set("X-Halo-Api-Key", api_key_);
  if (method == "POST") {
    request.setContentType(std::string(content_type));
    request.setContentLength(static_cast<std::streamsize>(body.size()));
  }
  session_->https.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  Reply reply;
  Poco::StreamCopier::copyToString(session_->https.receiveResponse(response), reply.body);
  reply.status = response.getStatus();
  for (const auto& [name, value] : response) reply.headers[name] = value;
  reply.whole = response.getContentLength64() == static_cast<Poco::Int64>(reply.body.size());
  return reply;
}

Reply HttpsClient::token(std::string_view form) {
  const std::string kept = std::move(authorization_);
  authorization_.clear();
  Reply reply = send("POST", "/auth/token?tenant=sandbox", form, "application/x-www-form-urlencoded");
  authorization_ = kept;
  return reply;
}

void HttpsClient::sign_in(std::string_view scopes) {
  std::string form =
      "grant_type=client_credentials&client_id=" + client_.id + "&client_secret=" + client_.secret;
  form.append("&scope=").append(scopes);
  const boost::json::value answer = token(form).json();
  authorization_ = "Bearer " + std::string(answer.at("access_token").as_string());
}

}  // namespace sandbox_test
