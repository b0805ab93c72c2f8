#include "core/net/callback_listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/base/error.h"
#include "core/net/query.h"

namespace psabridge::net {
namespace {

constexpr std::size_t kMostConnections = 32, kHeadLimit = 8 * 1024;  // bytes
constexpr Milliseconds kRequestTime{10'000}, kStopInterval{50};

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string page(int status, const std::string& title, const std::string& text,
                 const std::string& more_headers = {}) {
  const std::string body = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                           escaped(title) + "</title></head><body><h1>" + escaped(title) + "</h1><p>" +
                           escaped(text) + "</p></body></html>\n";
  return "HTTP/1.1 " + std::to_string(status) + (status < 300 ? " OK" : " No") +
         "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer"
         "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'"
         "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n" +
         more_headers + "\r\n" + body;
}

/// A loopback address as the system wants it.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

Endpoint loopback(const std::string& host, std::uint16_t port) {
  Endpoint endpoint;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&endpoint.address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&endpoint.address);
  if (host == "::1" || host == "[::1]") {
    v6->sin6_family = AF_INET6;
    v6->sin6_addr = in6addr_loopback;
    v6->sin6_port = htons(port);
    endpoint.size = sizeof *v6;
    return endpoint;
  }
  const bool known =
      ::inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &v4->sin_addr) == 1;
  if (!known || ntohl(v4->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
    throw Error("PB1218", "The sign-in page cannot be opened at " + host +
                              ": that is no loopback address. Use 127.0.0.1 in the redirect URI.");
  v4->sin_family = AF_INET;
  v4->sin_port = htons(port);
  endpoint.size = sizeof *v4;
  return endpoint;
}

Descriptor listen_at(const std::string& host, std::uint16_t port) {
  const auto endpoint = loopback(host, port);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  Descriptor listener(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (listener && ::bind(listener.get(), address, endpoint.size) == 0 && ::listen(listener.get(), 64) == 0)
    return listener;
  throw Error("PB1218", "The sign-in page cannot be opened at " + host + ":" + std::to_string(port) + ": " +
                            std::strerror(errno) +
                            ". End the program that uses the port, or choose another one.");
}

}  // namespace

/// One browser's connection: reads a head, writes an answer, and lets the peer close first.
class CallbackListener::Connection {
 public:
  using Answer = std::function<std::string(std::string_view head)>;

  Connection(Descriptor socket, Milliseconds until) : socket_(std::move(socket)), until_(until) {}

  pollfd watched() const {
    return {socket_.get(), static_cast<short>(phase_ == Phase::writing ? POLLOUT : POLLIN), 0};
  }
  bool over(Milliseconds now) const { return phase_ == Phase::over || now >= until_; }
  bool writing() const { return phase_ == Phase::writing; }

  /// Goes on as far as the socket lets it.
  void advance(const Answer& answer) {
    if (phase_ == Phase::reading) read(answer);
    if (phase_ == Phase::writing) write();
    if (phase_ == Phase::draining) drain();
  }

 private:
  enum class Phase { reading, writing, draining, over };

  void read(const Answer& answer) {
    char buffer[2048];
    const auto size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (size <= 0) {
      if (size == 0 || errno != EAGAIN) phase_ = Phase::over;
      return;
    }
    text_.append(buffer, static_cast<std::size_t>(size));
    const auto end = text_.find("\r\n\r\n");
    if (std::min(end, text_.size()) > kHeadLimit)
      text_ = page(431, "Too large", "The request is larger than any sign-in needs.");
    else if (end != std::string::npos)
      text_ = answer(std::string_view(text_).substr(0, end));
    else
      return;
    phase_ = Phase::writing;
  }

  void write() {
    const auto size = ::send(socket_.get(), text_.data(), text_.size(), MSG_NOSIGNAL);
    if (size < 0) {
      if (errno != EAGAIN) phase_ = Phase::over;
      return;
    }
    text_.erase(0, static_cast<std::size_t>(size));
    if (!text_.empty()) return;
    ::shutdown(socket_.get(), SHUT_WR);
    phase_ = Phase::draining;
  }

  /// A close with bytes unread would reset the connection and take the page away from the peer.
  void drain() {
    char buffer[4096];
    const auto size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) phase_ = Phase::over;
  }

  const Descriptor socket_;
  const Milliseconds until_;
  Phase phase_ = Phase::reading;
  std::string text_;  ///< what came, then what is still to be sent
};

CallbackListener::CallbackListener(const std::string& host, std::uint16_t port, std::string path,
                                   Handler handler, Clock& clock)
    : path_(std::move(path)), handler_(std::move(handler)), clock_(clock), listener_(listen_at(host, port)) {}

CallbackListener::~CallbackListener() = default;

std::uint16_t CallbackListener::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                                            : reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

bool CallbackListener::wait(const Stop& stop, Milliseconds span) {
  const auto until = clock_.monotonic() + span;
  while (!(stop && stop()) && clock_.monotonic() < until) {
    accept_waiting();
    serve_ready();
    if (!done_ || std::ranges::any_of(connections_, &Connection::writing)) continue;
    if (failure_) std::rethrow_exception(failure_);
    return true;
  }
  return false;
}

void CallbackListener::accept_waiting() {
  const auto until = clock_.monotonic() + kRequestTime;
  for (;;) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (connections_.size() == kMostConnections) connections_.erase(connections_.begin());
    connections_.push_back(std::make_unique<Connection>(std::move(socket), until));
  }
}

void CallbackListener::serve_ready() {
  std::vector<pollfd> watched{{listener_.get(), POLLIN, 0}};
  for (const auto& connection : connections_) watched.push_back(connection->watched());
  ::poll(watched.data(), watched.size(), static_cast<int>(kStopInterval.count()));
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (watched[i + 1].revents != 0)
      connections_[i]->advance([this](std::string_view head) { return answer_to(head); });
  }
  const auto now = clock_.monotonic();
  std::erase_if(connections_, [&](const auto& connection) { return connection->over(now); });
}

std::string CallbackListener::answer_to(std::string_view head) {
  const auto line = head.substr(0, head.find("\r\n"));
  const auto method_end = line.find(' '), target_end = line.rfind(' ');
  if (method_end == target_end || !line.substr(target_end + 1).starts_with("HTTP/1."))
    return page(400, "Not understood", "This is no request that a browser makes.");
  if (line.substr(0, method_end) != "GET")
    return page(405, "Not allowed", "Only GET is answered here.", "Allow: GET\r\n");
  const auto target = line.substr(method_end + 1, target_end - method_end - 1);
  const auto question = std::min(target.find('?'), target.size());
  if (target.substr(0, question) != path_) return page(404, "Not found", "Nothing is here.");
  return answer_callback(target.substr(std::min(question + 1, target.size())));
}

std::string CallbackListener::answer_callback(std::string_view query) {
  if (done_)
    return page(409, "Already finished", "This sign-in is finished already. You may close this page.");
  try {
    const auto answer = handler_(decode_query(query));
    done_ = answer.done;
    return page(answer.status, answer.title, answer.text);
  } catch (...) {
    failure_ = std::current_exception();
    done_ = true;
    return page(500, "Sign-in failed", "psabridge says why where you started the sign-in.");
  }
}

}  // namespace psabridge::net
