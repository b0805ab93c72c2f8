#include "tests/faultproxy/fault_proxy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <random>

#include "tests/faultproxy/http_connect.h"

namespace psabridge::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{20};  // how often a thread looks whether it shall end
constexpr std::size_t kReadSize = 16 * 1024, kQueueLimit = 256 * 1024;  // bytes

/// What is left of an allowance of bytes; nothing when there is no limit.
std::optional<std::size_t> left_of(const std::optional<std::size_t>& limit, std::size_t used) {
  return limit ? std::optional(*limit - std::min(*limit, used)) : std::nullopt;
}

/// One direction of a connection: a delay line between two sockets.
class Flow {
 public:
  enum class Verdict { goes_on, ended, reset, cut };

  Flow(int from, int to, std::uint64_t seed) : from_(from), to_(to), random_(seed) {}

  short events_from() const { return !ended_ && queued_ < kQueueLimit ? POLLIN : 0; }
  short events_to() const { return !queue_.empty() && queue_.front().due <= Clock::now() ? POLLOUT : 0; }
  /// When it has something to do without any event.
  Clock::time_point next_due() const {
    if (events_to() != 0) return Clock::time_point::max();  // the socket says when it takes more
    if (!queue_.empty()) return queue_.front().due;
    return ended_ && !told_end_ ? end_due_ : Clock::time_point::max();
  }

  bool source_ended() const { return ended_; }

  /// Takes in what came, if there is room. False when the connection broke.
  bool take(const Toxics& toxics) {
    if (events_from() == 0) return true;
    std::array<char, kReadSize> buffer;
    const auto size = ::recv(from_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) {
      ended_ = true;
      end_due_ = Clock::now() + toxics.slow_close;
    } else if (!toxics.silent) {
      enqueue(std::string(buffer.data(), static_cast<std::size_t>(size)), toxics);
    }
    return true;
  }

  /// Passes on what is due and tells how it stands; `passed` counts the bytes.
  Verdict pass_on(const Toxics& toxics, std::atomic<std::uint64_t>& passed) {
    while (!queue_.empty() && queue_.front().due <= Clock::now()) {
      if (!send_front(toxics, passed)) return at_limit(toxics);
    }
    const auto limited = at_limit(toxics);
    if (limited != Verdict::goes_on) return limited;
    if (ended_ && queue_.empty() && !toxics.silent && Clock::now() >= end_due_) {
      if (!std::exchange(told_end_, true)) ::shutdown(to_, SHUT_WR);
      return Verdict::ended;
    }
    return Verdict::goes_on;
  }

 private:
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };

  void enqueue(std::string bytes, const Toxics& toxics) {
    const std::size_t size = toxics.slice == 0 ? bytes.size() : toxics.slice;
    auto due = std::max(Clock::now() + delay(toxics), last_due_);
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      Piece piece{due, bytes.substr(at, size)};
      if (toxics.bytes_per_second > 0)
        piece.due += std::chrono::microseconds(piece.bytes.size() * 1'000'000 / toxics.bytes_per_second);
      due = piece.due + toxics.slice_delay;
      last_due_ = piece.due;
      queued_ += piece.bytes.size();
      queue_.push_back(std::move(piece));
    }
  }

  milliseconds delay(const Toxics& toxics) {
    const auto jitter = toxics.jitter.count();
    const milliseconds off(std::uniform_int_distribution<milliseconds::rep>(-jitter, jitter)(random_));
    return std::max(toxics.latency + off, milliseconds{0});
  }

  /// False when the socket takes no more at present, or when a limit is met.
  bool send_front(const Toxics& toxics, std::atomic<std::uint64_t>& passed) {
    auto& bytes = queue_.front().bytes;
    const auto allowed = std::min({bytes.size(), left_of(toxics.reset_after, passed_).value_or(bytes.size()),
                                   left_of(toxics.cut_after, passed_).value_or(bytes.size())});
    if (allowed == 0) return false;
    const auto sent = ::send(to_, bytes.data(), allowed, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      broken_ = errno != EAGAIN && errno != EINTR;
      return false;
    }
    const auto size = static_cast<std::size_t>(sent);
    passed += size;
    passed_ += size;
    queued_ -= size;
    bytes.erase(0, size);
    if (bytes.empty()) queue_.pop_front();
    return true;
  }

  Verdict at_limit(const Toxics& toxics) const {
    if (broken_ || left_of(toxics.reset_after, passed_) == 0u) return Verdict::reset;
    return left_of(toxics.cut_after, passed_) == 0u ? Verdict::cut : Verdict::goes_on;
  }

  const int from_, to_;
  std::mt19937_64 random_;
  std::deque<Piece> queue_;
  std::size_t queued_ = 0, passed_ = 0;  ///< bytes
  Clock::time_point last_due_{}, end_due_{};
  bool ended_ = false, told_end_ = false, broken_ = false;
};

}  // namespace

/// One connection and its thread.
class FaultProxy::Link {
 public:
  Link(FaultProxy& proxy, Socket client, std::uint64_t number)
      : proxy_(proxy), number_(number), client_(std::move(client)), thread_([this] { run(); }) {}

  bool finished() const { return finished_; }

 private:
  void run() {
    server_ = proxy_.reach_server(client_);
    if (server_)
      pump();
    else if (client_)
      client_.reset();
    finished_ = true;
  }

  void pump() {
    Flow up(client_.descriptor(), server_.descriptor(), proxy_.seed_ + 2 * number_);
    Flow down(server_.descriptor(), client_.descriptor(), proxy_.seed_ + 2 * number_ + 1);
    while (!proxy_.stopping_ && !proxy_.down_) {
      await(up, down);
      const auto [up_toxics, down_toxics] = proxy_.toxics_for(number_);
      if (!up.take(up_toxics) || !down.take(down_toxics)) return break_both();
      if (up.source_ended() && down_toxics.silent) return break_both();  // the client gave up
      const auto sent = up.pass_on(up_toxics, proxy_.count_.bytes_up);
      const auto received = down.pass_on(down_toxics, proxy_.count_.bytes_down);
      using enum Flow::Verdict;
      if (sent == reset || received == reset) return break_both();
      if (sent == cut || received == cut) return cut_both();
      if (sent == ended && received == ended) return;
    }
    break_both();
  }

  void await(const Flow& up, const Flow& down) {
    std::array<pollfd, 2> watched{
        pollfd{client_.descriptor(), static_cast<short>(up.events_from() | down.events_to()), 0},
        pollfd{server_.descriptor(), static_cast<short>(down.events_from() | up.events_to()), 0}};
    const auto due = std::min(up.next_due(), down.next_due());
    const auto until = std::min(due, Clock::now() + kLook) - Clock::now();
    const auto span = std::chrono::ceil<milliseconds>(std::max<Clock::duration>(until, milliseconds{0}));
    ::poll(watched.data(), watched.size(), static_cast<int>(span.count()));
  }

  void break_both() {
    ++proxy_.count_.resets;
    client_.reset();
    server_.reset();
  }

  void cut_both() {
    ++proxy_.count_.cuts;
    ::shutdown(client_.descriptor(), SHUT_RDWR);
    ::shutdown(server_.descriptor(), SHUT_RDWR);
  }

  FaultProxy& proxy_;
  const std::uint64_t number_;
  Socket client_, server_;
  std::atomic<bool> finished_{false};
  std::jthread thread_;
};

FaultProxy::FaultProxy(Target target, std::uint16_t port, std::uint64_t seed)
    : target_(std::move(target)), seed_(seed), listener_(listen_on_loopback(port)) {
  start();
}

FaultProxy::FaultProxy(ConnectMode mode, std::uint16_t port, std::uint64_t seed)
    : connect_(std::move(mode)), seed_(seed), listener_(listen_on_loopback(port)) {
  start();
}

FaultProxy::~FaultProxy() {
  stopping_ = true;
  acceptor_.join();
}

void FaultProxy::start() {
  port_ = port_of(listener_);
  acceptor_ = std::jthread([this] { accept_all(); });
}

void FaultProxy::afflict(Direction direction, const Toxics& toxics, std::optional<std::uint64_t> victims) {
  const std::lock_guard lock(mutex_);
  if (direction != Direction::down) rules_.up = toxics;
  if (direction != Direction::up) rules_.down = toxics;
  rules_.first_victim = victims ? count_.connections + 1 : 1;
  rules_.last_victim = victims ? count_.connections + *victims : UINT64_MAX;
}

void FaultProxy::heal() {
  const std::lock_guard lock(mutex_);
  rules_ = {};
}

void FaultProxy::go_down() {
  const std::lock_guard lock(mutex_);
  down_ = true;
  listener_ = Socket();
}

void FaultProxy::come_up() {
  const std::lock_guard lock(mutex_);
  listener_ = listen_on_loopback(port_);
  down_ = false;
}

FaultProxy::Counters FaultProxy::counters() const {
  return {.connections = count_.connections,
          .tunnels = count_.tunnels,
          .sign_ins_refused = count_.sign_ins_refused,
          .resets = count_.resets,
          .cuts = count_.cuts,
          .bytes_up = count_.bytes_up,
          .bytes_down = count_.bytes_down};
}

std::pair<Toxics, Toxics> FaultProxy::toxics_for(std::uint64_t connection) const {
  const std::lock_guard lock(mutex_);
  if (connection < rules_.first_victim || connection > rules_.last_victim) return {};
  return {rules_.up, rules_.down};
}

void FaultProxy::accept_all() {
  while (!stopping_) {
    Socket client;
    std::uint64_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      if (listener_) client = accept_within(listener_, 0);
      if (client) number = ++count_.connections;
    }
    if (client)
      links_.push_back(std::make_unique<Link>(*this, std::move(client), number));
    else
      wait_for_client();
    forget_finished();
  }
  links_.clear();
}

void FaultProxy::wait_for_client() const {
  pollfd watched{-1, POLLIN, 0};
  {
    const std::lock_guard lock(mutex_);
    watched.fd = listener_.descriptor();
  }
  ::poll(&watched, 1, static_cast<int>(kLook.count()));
}

void FaultProxy::forget_finished() {
  links_.remove_if([](const auto& link) { return link->finished(); });
}

Socket FaultProxy::reach_server(const Socket& client) {
  return target_ ? connect_to(target_->host, target_->port) : open_tunnel(client);
}

Socket FaultProxy::open_tunnel(const Socket& client) {
  const auto request = read_connect(client, stopping_);
  if (!request) return Socket();
  if (!connect_.credentials.empty() && request->credentials != connect_.credentials) {
    ++count_.sign_ins_refused;
    answer_connect(client, 407);
    return Socket();
  }
  const auto known = connect_.names.find(request->target.host + ":" + std::to_string(request->target.port));
  const Target& target = known == connect_.names.end() ? request->target : known->second;
  Socket server = connect_to(target.host, target.port);
  answer_connect(client, server ? 200 : 502);
  if (server) ++count_.tunnels;
  return server;
}

}  // namespace psabridge::test
