#include "tests/bench/load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace psabridge::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

constexpr std::chrono::seconds kPatience{30};
constexpr std::uint32_t kAddresses = 20;  ///< that slow callers come from
constexpr std::string_view kSlowHead = "POST /webhooks/bench HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

Socket connected(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const sockaddr_in address = address_of(INADDR_LOOPBACK, port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
  return socket;
}

/// Bytes of a whole answer at the beginning of the text; 0 when it is not whole.
std::size_t size_of_answer(std::string_view text) {
  constexpr std::string_view kEnd = "\r\n\r\n", kLength = "Content-Length: ";
  const auto end = text.find(kEnd);
  if (end == std::string_view::npos) return 0;
  const auto length = text.find(kLength);
  std::size_t body = 0;
  if (length < end) std::from_chars(text.data() + length + kLength.size(), text.data() + end, body);
  const std::size_t whole = end + kEnd.size() + body;
  return text.size() < whole ? 0 : whole;
}

/// One connection, and the request that is under way on it.
struct Caller {
  Socket socket;
  bool busy = false;
  Instant due = {};
  std::string answer = {};
};

class Sender {
 public:
  Sender(const Load& load, const std::vector<std::string>& requests) : load_(load), requests_(requests) {
    for (std::size_t i = 0; i < load.connections; ++i) {
      callers_.push_back({connected(load.port)});
      watch(i);
      free_.push_back(i);
    }
  }

  LoadFigures run() {
    began_ = last_answer_ = Clock::now();
    while (answered() < std::ssize(requests_)) {
      give_out();
      wait();
    }
    figures_.elapsed = last_answer_ - began_;
    std::ranges::sort(figures_.latencies);
    return std::move(figures_);
  }

 private:
  std::int64_t answered() const { return figures_.accepted + figures_.lost; }

  Instant due(std::size_t request) const {
    if (load_.per_second == 0) return began_;
    return began_ + std::chrono::nanoseconds(std::chrono::seconds(request)) / load_.per_second;
  }

  void watch(std::size_t caller) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = caller}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, callers_[caller].socket.get(), &event) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }

  /// A request fits into the socket's buffer, so nothing waits here.
  void give_out() {
    const Instant now = Clock::now();
    for (; next_ < requests_.size() && !free_.empty() && due(next_) <= now; ++next_) {
      const std::size_t index = free_.front();
      free_.pop_front();
      Caller& caller = callers_[index];
      caller.busy = true;
      caller.due = due(next_);
      const std::string& request = requests_[next_];
      const ssize_t sent = ::send(caller.socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
      if (sent != std::ssize(request)) broken(index);
    }
  }

  void wait() {
    std::chrono::nanoseconds patience = kPatience;
    if (next_ < requests_.size() && !free_.empty())
      patience = std::clamp<std::chrono::nanoseconds>(due(next_) - Clock::now(), {}, kPatience);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
    const timespec limit{seconds.count(), (patience - seconds).count()};
    std::array<epoll_event, 256> events;
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(), &limit, nullptr);
    if (count == 0 && Clock::now() - last_answer_ > kPatience)
      throw std::runtime_error("The receiver of webhooks does not answer.");
    for (int i = 0; i < count; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
  }

  void receive(std::size_t index) {
    Caller& caller = callers_[index];
    std::array<char, 4096> buffer;
    const ssize_t size = ::recv(caller.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return broken(index);
    caller.answer.append(buffer.data(), static_cast<std::size_t>(size));
    if (size_of_answer(caller.answer) == 0) return;
    last_answer_ = Clock::now();
    if (caller.answer.starts_with("HTTP/1.1 202")) {
      ++figures_.accepted;
      figures_.latencies.push_back(
          std::chrono::duration<double, std::milli>(last_answer_ - caller.due).count());
    } else {
      ++figures_.lost;
    }
    caller.answer.clear();
    caller.busy = false;
    free_.push_back(index);
  }

  /// A connection that was closed while it was free takes nothing with it.
  void broken(std::size_t index) {
    Caller& caller = callers_[index];
    const bool was_busy = caller.busy;
    caller = {connected(load_.port)};
    watch(index);
    if (!was_busy) return;
    ++figures_.lost;
    free_.push_back(index);
  }

  const Load load_;
  const std::vector<std::string>& requests_;
  const Socket epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<Caller> callers_;
  std::deque<std::size_t> free_;  ///< longest free first
  std::size_t next_ = 0;          ///< request
  Instant began_, last_answer_;
  LoadFigures figures_;
};

/// One connection that never comes to the end of its head.
class SlowCaller {
 public:
  SlowCaller(std::uint32_t host, std::uint16_t port) : host_(host), port_(port), socket_(opened()) {}

  /// True when it had to be opened again.
  bool send_byte() {
    char answer;
    const bool open =
        ::recv(socket_.get(), &answer, 1, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (!open) {
      socket_ = opened();
      sent_ = 0;
      return true;
    }
    const char byte = sent_ < kSlowHead.size() ? kSlowHead[sent_] : 'a';
    if (::send(socket_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) ++sent_;
    return false;
  }

 private:
  /// Of this caller's address. A connection that does not come about is closed at its next byte.
  Socket opened() const {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    const sockaddr_in from = address_of(host_, 0), to = address_of(INADDR_LOOPBACK, port_);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
      throw std::system_error(errno, std::generic_category(), "bind");
    ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
    return socket;
  }

  std::uint32_t host_;
  std::uint16_t port_;
  Socket socket_;
  std::size_t sent_ = 0;
};

/// 127.0.0.1, 127.0.1.1, 127.0.1.2 ...
std::uint32_t host_of(std::size_t caller) {
  const auto number = static_cast<std::uint32_t>(caller % kAddresses);
  return number == 0 ? INADDR_LOOPBACK : 0x7f000100u + number;
}

}  // namespace

LoadFigures send_all(const Load& load, const std::vector<std::string>& requests) {
  return Sender(load, requests).run();
}

SlowCallers::SlowCallers(std::uint16_t port, std::size_t count)
    : thread_([this, port, count] { run(port, count); }) {}

SlowCallers::~SlowCallers() {
  stopping_ = true;
  thread_.join();
}

/// Bytes are spread over the second.
void SlowCallers::run(std::uint16_t port, std::size_t count) {
  constexpr std::size_t kParts = 100;
  std::vector<SlowCaller> callers;
  for (; callers.size() < count && !stopping_; ++opened_) callers.emplace_back(host_of(callers.size()), port);
  Instant next = Clock::now();
  for (std::size_t part = 0; !stopping_; part = (part + 1) % kParts) {
    for (std::size_t i = part; i < callers.size(); i += kParts)
      if (callers[i].send_byte()) ++opened_;
    next += std::chrono::milliseconds(1000 / kParts);
    std::this_thread::sleep_until(next);
  }
}

}  // namespace psabridge::bench
