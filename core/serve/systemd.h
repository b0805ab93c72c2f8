// What systemd is told while the daemon runs as a service of Type=notify.
//
// The protocol is one datagram and a stable interface of systemd (sd_notify(3)), so libsystemd, which would
// bring its compression libraries into the process, is not needed for it.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/clock.h"
#include "core/base/descriptor.h"

namespace psabridge::serve {

/// Thread-safe.
class Systemd {
 public:
  /// Is told once when systemd cannot be told anything. Does not throw.
  using Failed = std::function<void(const std::string& why)>;

  /// `address` is the value of NOTIFY_SOCKET; empty outside of a service: then everything is said to nobody.
  Systemd(std::string address, Failed failed);
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  /// The daemon serves, after its start or after a reload.
  void ready();
  void reloading();
  void stopping();
  /// One line for `systemctl status`.
  void status(std::string_view line);
  /// The daemon is alive.
  void watchdog();

 private:
  void send(std::string_view state);

  const std::string address_;
  const Failed failed_;
  const Descriptor socket_;
  std::atomic<bool> told_failure_{false};
};

/// The address for a Systemd, from the environment; empty outside of a service.
std::string systemd_address();
/// How often systemd wants to hear that the daemon is alive (WatchdogSec of the unit). Nothing when it does
/// not.
std::optional<Milliseconds> systemd_watchdog_period();

/// Tells systemd that the daemon is alive as long as every vital loop is: a loop that hangs makes systemd
/// restart the daemon. A thread of its own looks twice a period.
class Watchdog {
 public:
  /// Is told once when a loop hangs: "event worker 1 has not moved for 61 s". Called on the watchdog's
  /// thread; does not throw.
  using Stuck = std::function<void(const std::string& what)>;

  /// A vital loop, as long as it runs. One thread.
  class Pulse {
   public:
    ~Pulse();
    Pulse(const Pulse&) = delete;
    Pulse& operator=(const Pulse&) = delete;
    /// The loop moves. Call it at least four times a period; it costs one store.
    void beat() noexcept;

   private:
    friend class Watchdog;
    Pulse(Watchdog& watchdog, std::string name);

    Watchdog& watchdog_;
    const std::string name_;
    std::atomic<Milliseconds> last_;
    bool stuck_ = false;  ///< with the watchdog's mutex
  };

  /// A loop without a beat for `period` hangs. The clock and systemd outlive the watchdog.
  Watchdog(Systemd& systemd, Clock& clock, Milliseconds period, Stuck stuck);
  /// Every pulse has ended before.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From here on the loop of that name is watched, until the pulse ends. Any thread.
  [[nodiscard]] std::unique_ptr<Pulse> watch(std::string name);

 private:
  void look();
  /// True when it has beaten within the period; tells once when it has not.
  bool is_alive(Pulse& pulse);

  Systemd& systemd_;
  Clock& clock_;
  const Milliseconds period_;
  const Stuck stuck_;
  std::mutex mutex_;
  std::list<Pulse*> pulses_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace psabridge::serve
