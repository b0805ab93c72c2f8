#include "core/serve/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace psabridge::serve {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Nothing when the text is no number.
std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

Systemd::Systemd(std::string address, Failed failed)
    : address_(std::move(address)),
      failed_(std::move(failed)),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

void Systemd::ready() { send("READY=1"); }

void Systemd::reloading() { send("RELOADING=1"); }

void Systemd::stopping() { send("STOPPING=1"); }

void Systemd::watchdog() { send("WATCHDOG=1"); }

void Systemd::status(std::string_view line) {
  std::string state = "STATUS=" + std::string(line);
  std::replace(state.begin(), state.end(), '\n', ' ');  // a new line would begin another assignment
  send(state);
}

void Systemd::send(std::string_view state) {
  if (address_.empty()) return;
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  int error = ENAMETOOLONG;
  if (address_.size() < sizeof peer.sun_path) {
    std::memcpy(peer.sun_path, address_.data(), address_.size());
    if (peer.sun_path[0] == '@') peer.sun_path[0] = '\0';  // an abstract address, which has no file
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    const auto sent = ::sendto(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&peer), length);
    error = sent == static_cast<ssize_t>(state.size()) ? 0 : errno;
  }
  if (error != 0 && !told_failure_.exchange(true))
    failed_("systemd cannot be told \"" + std::string(state) + "\" at " + address_ +
            " (NOTIFY_SOCKET): " + std::generic_category().message(error) + ".");
}

std::string systemd_address() { return std::string(environment("NOTIFY_SOCKET")); }

std::optional<Milliseconds> systemd_watchdog_period() {
  const auto microseconds = number_in(environment("WATCHDOG_USEC"));
  const auto process = environment("WATCHDOG_PID");
  const bool meant_for_us = process.empty() || number_in(process) == ::getpid();
  if (!microseconds || *microseconds <= 0 || !meant_for_us) return std::nullopt;
  return std::chrono::ceil<Milliseconds>(std::chrono::microseconds(*microseconds));
}

Watchdog::Pulse::Pulse(Watchdog& watchdog, std::string name)
    : watchdog_(watchdog), name_(std::move(name)), last_(watchdog.clock_.monotonic()) {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.pulses_.push_back(this);
}

Watchdog::Pulse::~Pulse() {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.pulses_.remove(this);
}

void Watchdog::Pulse::beat() noexcept { last_ = watchdog_.clock_.monotonic(); }

Watchdog::Watchdog(Systemd& systemd, Clock& clock, Milliseconds period, Stuck stuck)
    : systemd_(systemd), clock_(clock), period_(period), stuck_(std::move(stuck)) {
  thread_ = std::thread([this] {
    const auto stop = [this] { return stopping_.load(); };
    while (!stopping_) {
      look();
      clock_.sleep(period_ / 2, stop);
    }
  });
}

Watchdog::~Watchdog() {
  stopping_ = true;
  thread_.join();
}

std::unique_ptr<Watchdog::Pulse> Watchdog::watch(std::string name) {
  return std::unique_ptr<Pulse>(new Pulse(*this, std::move(name)));
}

void Watchdog::look() {
  const std::lock_guard lock(mutex_);
  bool all_alive = true;
  for (Pulse* pulse : pulses_) all_alive &= is_alive(*pulse);
  if (all_alive) systemd_.watchdog();
}

bool Watchdog::is_alive(Pulse& pulse) {
  const auto silence = clock_.monotonic() - pulse.last_.load();
  const bool alive = silence <= period_;
  if (!alive && !pulse.stuck_)
    stuck_(pulse.name_ + " has not moved for " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silence).count()) + " s");
  pulse.stuck_ = !alive;
  return alive;
}

}  // namespace psabridge::serve
