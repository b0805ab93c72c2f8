#include "tests/faultproxy/tls_peer.h"

#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <stdexcept>
#include <utility>

namespace psabridge::test {
namespace {

constexpr int kLook = 20;  // ms
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// The protocol versions that the peer offers.
std::pair<int, int> versions(TlsFlaw flaw) {
  switch (flaw) {
    case TlsFlaw::only_tls_1_0:
      return {TLS1_VERSION, TLS1_VERSION};
    case TlsFlaw::only_tls_1_1:
      return {TLS1_1_VERSION, TLS1_1_VERSION};
    case TlsFlaw::only_tls_1_2:
      return {TLS1_2_VERSION, TLS1_2_VERSION};
    case TlsFlaw::only_tls_1_3:
      return {TLS1_3_VERSION, TLS1_3_VERSION};
    default:
      return {TLS1_2_VERSION, TLS1_3_VERSION};
  }
}

/// Calls `request_came` for every head that `read` brings, until the stream ends.
template <class Read, class RequestCame>
void read_requests(Read read, RequestCame request_came) {
  std::string text;
  for (char buffer[4096];;) {
    const auto size = read(buffer, sizeof buffer);
    if (size <= 0) return;
    text.append(buffer, static_cast<std::size_t>(size));
    for (auto end = text.find("\r\n\r\n"); end != std::string::npos; end = text.find("\r\n\r\n")) {
      text.erase(0, end + 4);
      request_came();
    }
  }
}

}  // namespace

TlsPeer::TlsPeer(TlsFlaw flaw)
    : plain_(flaw == TlsFlaw::no_tls),
      context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
      listener_(listen_on_loopback(0)),
      port_(port_of(listener_)) {
  std::signal(SIGPIPE, SIG_IGN);
  configure(flaw, make_certificate(flaw));
  acceptor_ = std::jthread([this] { accept_all(); });
}

TlsPeer::~TlsPeer() {
  stopping_ = true;
  acceptor_.join();
}

CertificateFiles TlsPeer::make_certificate(TlsFlaw flaw) {
  switch (flaw) {
    case TlsFlaw::expired:
      return root_.issue({.valid_from = -7200, .valid_until = -3600});
    case TlsFlaw::not_yet_valid:
      return root_.issue({.valid_from = 3600, .valid_until = 7200});
    case TlsFlaw::wrong_name:
      return root_.issue({.name = "other.example", .alternative_names = "DNS:other.example"});
    case TlsFlaw::self_signed:
      return root_.self_sign({});
    case TlsFlaw::unknown_authority:
      return below_stranger_.issue({.with_issuer = true});
    case TlsFlaw::missing_intermediate:
      return intermediate_.issue({});
    default:
      return intermediate_.issue({.with_issuer = true});
  }
}

void TlsPeer::configure(TlsFlaw flaw, const CertificateFiles& files) {
  SSL_CTX* const context = context_.get();
  const auto [oldest, newest] = versions(flaw);
  SSL_CTX_set_min_proto_version(context, oldest);
  SSL_CTX_set_max_proto_version(context, newest);
  if (newest < TLS1_2_VERSION) SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("the TLS peer cannot use its certificate");
}

void TlsPeer::accept_all() {
  while (!stopping_) {
    clients_.remove_if([](const Client& client) { return client.finished.load(); });
    Socket socket = accept_within(listener_, kLook);
    if (!socket) continue;
    Client& client = clients_.emplace_back();
    client.socket = std::move(socket);
    client.thread = std::jthread([this, &client] { serve(client); });
  }
  for (Client& client : clients_) ::shutdown(client.socket.descriptor(), SHUT_RDWR);
  clients_.clear();
}

void TlsPeer::serve(Client& client) {
  if (plain_)
    serve_plain(client.socket);
  else
    serve_tls(client.socket);
  ::shutdown(client.socket.descriptor(), SHUT_WR);
  client.finished = true;
}

void TlsPeer::serve_plain(const Socket& socket) {
  constexpr std::string_view kNo =
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  char buffer[4096];
  if (::recv(socket.descriptor(), buffer, sizeof buffer, 0) > 0)
    ::send(socket.descriptor(), kNo.data(), kNo.size(), MSG_NOSIGNAL);
}

void TlsPeer::serve_tls(const Socket& socket) {
  const Session session(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(session.get(), socket.descriptor());
  if (SSL_accept(session.get()) != 1) return;
  read_requests(
      [&](char* into, std::size_t size) { return SSL_read(session.get(), into, static_cast<int>(size)); },
      [&] {
        ++requests_;
        SSL_write(session.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
      });
}

}  // namespace psabridge::test
