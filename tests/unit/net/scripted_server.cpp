#include "tests/unit/net/scripted_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>

#include <memory>

namespace psabridge::test {
namespace {

using Poco::Net::SecureServerSocket;
using Poco::Net::SecureStreamSocket;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

ServerSocket listen(const Poco::Net::Context::Ptr& tls) {
  const SocketAddress any_port("127.0.0.1", 0);
  if (tls) return SecureServerSocket(any_port, 64, tls);
  return ServerSocket(any_port);
}

/// Appends what comes; false at the end of the stream.
bool read_more(StreamSocket& socket, std::string& text) {
  char buffer[4096];
  const int received = socket.receiveBytes(buffer, sizeof buffer);
  if (received > 0) text.append(buffer, static_cast<std::size_t>(received));
  return received > 0;
}

std::size_t announced_length(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

bool read_request(StreamSocket& socket, ReceivedRequest& request) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos)
    if (!read_more(socket, text)) return false;
  const auto head_size = text.find("\r\n\r\n") + 4;
  while (text.size() < head_size + announced_length(text.substr(0, head_size)))
    if (!read_more(socket, text)) return false;
  request.head = text.substr(0, head_size);
  request.body = text.substr(head_size);
  return true;
}

void send_all(StreamSocket& socket, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const int size = socket.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent));
    if (size <= 0) return;
    sent += static_cast<std::size_t>(size);
  }
}

}  // namespace

Reply answer(int status, const std::string& body, const std::string& extra_headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n" + extra_headers + "\r\n" + body,
          Reply::Then::keep};
}

ScriptedServer::ScriptedServer(Script script, Poco::Net::Context::Ptr tls)
    : script_(std::move(script)), listener_(listen(tls)), secure_(tls), acceptor_([this] { accept_all(); }) {}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  acceptor_.join();
}

std::string ScriptedServer::address() const { return listener_.address().toString(); }

std::string ScriptedServer::url() const { return (secure_ ? "https://" : "http://") + address(); }

std::vector<ReceivedRequest> ScriptedServer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void ScriptedServer::accept_all() {
  for (int connection = 1; !stopping_;) {
    if (!listener_.poll(Poco::Timespan(20'000), Poco::Net::Socket::SELECT_READ)) continue;
    auto socket = std::make_unique<StreamSocket>(listener_.acceptConnection());
    socket->setNoDelay(true);
    connections_.emplace_back(
        [this, connection, accepted = std::move(socket)] { serve(*accepted, connection); });
    ++connection;
  }
}

void ScriptedServer::serve(StreamSocket socket, int connection) try {
  send_all(socket, greeting);
  while (serve_one(socket, connection)) {
  }
  socket.close();
} catch (const Poco::Exception&) {  // the client went away in the middle, which some tests want
}

bool ScriptedServer::serve_one(StreamSocket& socket, int connection) {
  ReceivedRequest request{.head = {}, .body = {}, .connection = connection};
  while (!socket.poll(Poco::Timespan(20'000), Poco::Net::Socket::SELECT_READ))
    if (stopping_) return false;
  if (!read_request(socket, request)) return false;
  Reply reply;
  {
    const std::lock_guard lock(mutex_);
    received_.push_back(request);
    reply = script_(request);
  }
  send_all(socket, reply.bytes);
  if (reply.then == Reply::Then::start_tls) socket = SecureStreamSocket::attach(socket, tunnel_tls);
  std::string rest;
  if (reply.then == Reply::Then::hang) read_more(socket, rest);
  return reply.then == Reply::Then::keep || reply.then == Reply::Then::start_tls;
}

}  // namespace psabridge::test
