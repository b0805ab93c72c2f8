#include "tests/sandbox/tests/webhook_receiver.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <sys/socket.h>

#include <boost/json/parse.hpp>
#include <mutex>
#include <set>
#include <utility>

#include "tests/sandbox/certificates.h"

namespace sandbox_test {
namespace {

// What the threads of the server share with the test.
struct Mailbox {
  mutable std::mutex mutex;
  int status = 200;
  std::vector<Received> received;
  std::set<std::string> clients;  // address and port of each connection
};

class Handler : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(Mailbox& mailbox) : mailbox_(mailbox) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override {
    Received received{request.getMethod(), request.getURI(), {}, {}};
    for (const auto& [name, value] : request) received.headers[name] = value;
    Poco::StreamCopier::copyToString(request.stream(), received.body);
    const std::scoped_lock lock(mailbox_.mutex);
    mailbox_.clients.insert(request.clientAddress().toString());
    mailbox_.received.push_back(std::move(received));
    response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(mailbox_.status));
    constexpr std::string_view kAnswer = "taken note";
    response.sendBuffer(kAnswer.data(), kAnswer.size());
  }

 private:
  Mailbox& mailbox_;
};

class Factory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(Mailbox& mailbox) : mailbox_(mailbox) {}

  Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
    return new Handler(mailbox_);
  }

 private:
  Mailbox& mailbox_;
};

Poco::Net::ServerSocket listening(const sandbox::TlsFiles& tls) {
  Poco::Net::ServerSocket socket;
  if (!tls.ca.empty()) {
    Poco::Net::Context::Params files;
    files.certificateFile = tls.certificate.string();
    files.privateKeyFile = tls.key.string();
    files.verificationMode = Poco::Net::Context::VERIFY_NONE;
    socket = Poco::Net::SecureServerSocket(
        Poco::Net::Context::Ptr(new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, files)));
  }
  socket.bind(Poco::Net::SocketAddress("127.0.0.1", 0), true, false);
  socket.listen(16);
  return socket;
}

Poco::Net::HTTPServerParams::Ptr params() {
  Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
  params->setKeepAlive(true);
  params->setMaxKeepAliveRequests(0);
  return params;
}

}  // namespace

boost::json::value Received::json() const { return boost::json::parse(body); }

class WebhookReceiver::Server {
 public:
  explicit Server(const std::filesystem::path& tls_dir)
      : tls(tls_dir.empty() ? sandbox::TlsFiles() : sandbox::make_certificates(tls_dir)),
        socket(listening(tls)),
        http(new Factory(mailbox), threads, socket, params()) {
    http.start();
  }
  ~Server() {
    ::shutdown(socket.impl()->sockfd(), SHUT_RDWR);  // wakes the accepting thread, which stopping waits for
    http.stop();
    threads.joinAll();
  }

  sandbox::TlsFiles tls;
  Mailbox mailbox;
  Poco::Net::ServerSocket socket;
  Poco::ThreadPool threads;
  Poco::Net::HTTPServer http;
};

WebhookReceiver::WebhookReceiver(const std::filesystem::path& tls_dir)
    : server_(std::make_unique<Server>(tls_dir)) {}
WebhookReceiver::~WebhookReceiver() = default;

std::string WebhookReceiver::url() const {
  return (server_->tls.ca.empty() ? "http" : "https") +
         ("://localhost:" + std::to_string(server_->socket.address().port()) + "/hook?a=b");
}

std::filesystem::path WebhookReceiver::ca_file() const { return server_->tls.ca; }

void WebhookReceiver::answer_with(int status) {
  const std::scoped_lock lock(server_->mailbox.mutex);
  server_->mailbox.status = status;
}

std::vector<Received> WebhookReceiver::take() {
  const std::scoped_lock lock(server_->mailbox.mutex);
  return std::exchange(server_->mailbox.received, {});
}

std::size_t WebhookReceiver::connections() const {
  const std::scoped_lock lock(server_->mailbox.mutex);
  return server_->mailbox.clients.size();
}

}  // namespace sandbox_test
