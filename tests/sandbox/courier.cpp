#include "tests/sandbox/courier.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string_view>

namespace sandbox {
namespace {

using Poco::Net::Context;
using Poco::Net::HTTPClientSession;

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Context::Ptr trusting(const std::string& ca_file) {
  Context::Params params;
  params.caLocation = ca_file;
  params.loadDefaultCAs = ca_file.empty();
  params.verificationMode = Context::VERIFY_RELAXED;
  Context::Ptr context(new Context(Context::TLS_CLIENT_USE, params));
  context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
  return context;
}

std::unique_ptr<HTTPClientSession> session_to(const Poco::URI& uri, const std::string& ca_file) {
  if (uri.getScheme() != "https") return std::make_unique<HTTPClientSession>(uri.getHost(), uri.getPort());
  return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), trusting(ca_file));
}

std::string lines_of(const Poco::Net::MessageHeader& message) {
  std::string lines;
  for (const auto& [name, value] : message) lines.append(name).append(": ").append(value).append("\r\n");
  return lines;
}

void prove(Poco::Net::HTTPRequest& request, const Target& target, const std::string& body) {
  switch (target.authentication) {
    case WebhookAuthentication::none:
      return;
    case WebhookAuthentication::basic:
      return request.set("Authorization", "Basic " + base64(target.user + ":" + target.secret));
    case WebhookAuthentication::bearer:
      return request.set("Authorization", "Bearer " + target.secret);
    case WebhookAuthentication::signature:
      return request.set(target.header, target.signature_prefix + signature_of(target.secret, body));
  }
}

}  // namespace

std::string signature_of(const std::string& secret, const std::string& body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
  return base64({reinterpret_cast<const char*>(digest.data()), size});
}

struct Courier::Connection {
  std::string origin;
  std::string ca_file;
  std::chrono::milliseconds time_limit;
  std::unique_ptr<HTTPClientSession> session;
};

Courier::Courier() = default;
Courier::~Courier() = default;

void Courier::connect(const Target& target, const CourierSettings& settings) {
  const Poco::URI uri(target.url);
  const std::string origin = uri.getScheme() + "://" + uri.getAuthority();
  const bool same = connection_ != nullptr && connection_->origin == origin &&
                    connection_->ca_file == settings.ca_file &&
                    connection_->time_limit == settings.time_limit;
  if (same) return;
  connection_ = std::make_unique<Connection>(
      Connection{origin, settings.ca_file, settings.time_limit, session_to(uri, settings.ca_file)});
  connection_->session->setKeepAlive(true);
  connection_->session->setTimeout(
      Poco::Timespan(settings.time_limit.count() * Poco::Timespan::MILLISECONDS));
}

void Courier::exchange(const Target& target, const std::string& body, DeliveryAnswer& answer) {
  Poco::Net::HTTPRequest request(target.method, Poco::URI(target.url).getPathAndQuery(), "HTTP/1.1");
  request.setKeepAlive(true);
  request.setContentType(target.content_type);
  request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  answer.request_headers = lines_of(request);
  prove(request, target, body);
  HTTPClientSession& session = *connection_->session;
  session.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  std::istream& stream = session.receiveResponse(response);
  Poco::StreamCopier::copyToString(stream, answer.body);
  answer.headers = lines_of(response);
  answer.status = response.getStatus();
}

DeliveryAnswer Courier::deliver(const Target& target, const CourierSettings& settings,
                                const std::string& body) {
  DeliveryAnswer answer;
  try {
    connect(target, settings);
    const bool used_before = connection_->session->connected();
    try {
      exchange(target, body, answer);
    } catch (const Poco::Net::NetException&) {
      // The receiver may have closed an idle connection just now: that says nothing about the delivery.
      if (!used_before) throw;
      connection_->session->reset();
      answer = {};
      exchange(target, body, answer);
    }
  } catch (const Poco::Exception& error) {
    connection_.reset();
    answer.status = 0;
    answer.body = error.displayText();
  }
  return answer;
}

}  // namespace sandbox
