#include "tests/unit/net/raw_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/net/tls.h"

namespace psabridge::test {
namespace {

std::size_t announced_length(const std::string& head) {
  const std::string name = "\r\nContent-Length: ";
  const auto at = head.find(name);
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

}  // namespace

RawClient::RawClient(std::uint16_t port, const std::string& host) : RawClient(connect_to(host, port)) {}

RawClient::RawClient(Socket socket) : socket_(std::move(socket)) {
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket_.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

bool RawClient::start_tls(int newest) {
  const net::Owned<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), newest);
  tls_.reset(SSL_new(context.get()));
  SSL_set_fd(tls_.get(), socket_.descriptor());
  return SSL_connect(tls_.get()) == 1;
}

std::string RawClient::certified_name() const {
  const net::Owned<X509, X509_free> certificate(SSL_get1_peer_certificate(tls_.get()));
  return net::names_of(certificate.get()).at(0);
}

bool RawClient::say(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void RawClient::say_bytewise(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at)
    if (!say(bytes.substr(at, 1))) return;
}

void RawClient::end_sending() { ::shutdown(socket_.descriptor(), SHUT_WR); }

bool RawClient::receive() {
  char buffer[16 * 1024];
  const auto size = tls_ ? SSL_read(tls_.get(), buffer, sizeof buffer)
                         : ::recv(socket_.descriptor(), buffer, sizeof buffer, 0);
  if (size > 0) heard_.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

std::string RawClient::hear_head() {
  while (heard_.find("\r\n\r\n") == std::string::npos && receive()) {
  }
  const auto size = heard_.find("\r\n\r\n");
  if (size == std::string::npos) return {};
  auto head = heard_.substr(0, size + 4);
  heard_.erase(0, size + 4);
  return head;
}

std::string RawClient::hear_answer() {
  const auto head = hear_head();
  const auto length = announced_length(head);
  while (heard_.size() < length && receive()) {
  }
  auto answer = head + heard_.substr(0, length);
  heard_.erase(0, length);
  return answer;
}

std::string RawClient::hear() {
  errno = 0;
  while (receive()) {
  }
  if (errno == EAGAIN) heard_ += "[the server does not end]";
  if (errno == ECONNRESET) heard_ += "[the server resets]";
  return std::exchange(heard_, {});
}

bool RawClient::hears_within(int milliseconds) const {
  pollfd watched{socket_.descriptor(), POLLIN, 0};
  return ::poll(&watched, 1, milliseconds) > 0;
}

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

std::string content_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

}  // namespace psabridge::test
