// A TCP proxy that does to connections what bad networks do. It stands between a client and a server on this
// machine, in the process of a test or as a program of its own.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "tests/faultproxy/sockets.h"

namespace psabridge::test {

/// What happens to the bytes of one direction of a connection. The default lets everything pass.
struct Toxics {
  std::chrono::milliseconds latency{0}, jitter{0};  ///< every piece comes later, by latency ± jitter
  std::size_t bytes_per_second = 0;                 ///< 0: as fast as it goes
  std::optional<std::size_t> reset_after = {};      ///< bytes; then both sides get an RST
  std::optional<std::size_t> cut_after = {};        ///< bytes; then both sides see an orderly end
  std::chrono::milliseconds slow_close{0};          ///< the end of the stream is told this much later
  bool silent = false;                              ///< bytes are taken and never passed on
  std::size_t slice = 0;                            ///< bytes; pieces of this size, 0: as they come
  std::chrono::milliseconds slice_delay{0};         ///< between two pieces
};

/// Seen from the client: up is what it sends, down is what it receives.
enum class Direction { up, down, both };

/// A host and port.
struct Target {
  std::string host;
  std::uint16_t port = 0;
};

/// Makes the proxy an HTTP proxy that understands CONNECT.
struct ConnectMode {
  std::string credentials = {};              ///< "user:password" that it wants, or empty
  std::map<std::string, Target> names = {};  ///< "host:port" that this proxy alone knows; others as they are
};

/// Thread-safe; settings count at once, for open connections too. Runs until it is destroyed.
class FaultProxy {
 public:
  struct Counters {
    std::uint64_t connections = 0;  ///< accepted
    std::uint64_t tunnels = 0;      ///< CONNECT that was let through
    std::uint64_t sign_ins_refused = 0;
    std::uint64_t resets = 0, cuts = 0;
    std::uint64_t bytes_up = 0, bytes_down = 0;  ///< passed on
  };

  /// Forwards every connection to the target. `seed` feeds the jitter.
  explicit FaultProxy(Target target, std::uint16_t port = 0, std::uint64_t seed = 1);
  /// Forwards where the client's CONNECT says.
  explicit FaultProxy(ConnectMode mode, std::uint16_t port = 0, std::uint64_t seed = 1);
  ~FaultProxy();

  std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:1234"
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Afflicts the next `victims` connections (all, and those that are open, when not given), others not.
  void afflict(Direction direction, const Toxics& toxics, std::optional<std::uint64_t> victims = {});
  /// Everything passes again.
  void heal();
  /// Closes the port, and all connections with a reset: clients are refused.
  void go_down();
  void come_up();
  Counters counters() const;

 private:
  class Link;
  friend class Link;
  struct Rules {
    Toxics up = {}, down = {};
    std::uint64_t first_victim = 1, last_victim = 0;  ///< numbers of connections
  };
  struct Count {
    std::atomic<std::uint64_t> connections{0}, tunnels{0}, sign_ins_refused{0}, resets{0}, cuts{0},
        bytes_up{0}, bytes_down{0};
  };

  void start();
  void accept_all();
  void wait_for_client() const;
  void forget_finished();
  /// The toxics of a connection by its number: up and down.
  std::pair<Toxics, Toxics> toxics_for(std::uint64_t connection) const;
  /// The server for a fresh connection, after the CONNECT when that is the mode; none when there is none.
  Socket reach_server(const Socket& client);
  Socket open_tunnel(const Socket& client);

  const std::optional<Target> target_;  ///< none: CONNECT says
  const ConnectMode connect_;
  const std::uint64_t seed_;
  mutable std::mutex mutex_;  ///< of rules_, listener_, down_
  Rules rules_;
  Socket listener_;
  std::atomic<bool> down_{false}, stopping_{false};
  std::uint16_t port_ = 0;
  Count count_;
  std::list<std::unique_ptr<Link>> links_;  ///< of the acceptor's thread
  std::jthread acceptor_;
};

}  // namespace psabridge::test
