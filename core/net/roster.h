// Who is connected to a server, who gives way when it is full, and who was refused.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/net/http_server.h"

namespace psabridge::net {

class Connection;

/// What a connection waits for.
enum class Standing : std::uint8_t {
  unfinished,  ///< for the caller: to send its request or to take its answer
  idle,        ///< for a request to begin
  served       ///< for the handler
};

/// Keeps the connections alive. Thread-safe.
class Roster {
 public:
  Roster(std::size_t most, std::size_t most_of_one_origin);

  /// True when the newcomer is in, perhaps for another one that had to go. `origin` is what is limited on its
  /// own; empty: not limited.
  bool admit(const std::shared_ptr<Connection>& newcomer, const std::string& origin);
  /// The longest unfinished one goes, or else the longest idle one, or none.
  void make_room();
  void mark(const Connection& connection, Standing standing);
  void leave(const Connection& connection);
  void count(Refusal refusal);
  ServerFigures figures() const;

  /// Nobody is admitted from here on. Who is connected now.
  std::vector<std::shared_ptr<Connection>> close();
  void wait_until_empty(Milliseconds patience);
  /// Forgets everybody.
  void clear();

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Entry {
    std::shared_ptr<Connection> connection;
    std::string origin;
    Standing standing;
    Instant since;
  };
  using Entries = std::unordered_map<const Connection*, Entry>;

  std::shared_ptr<Connection> take_out_slowest();
  std::shared_ptr<Connection> take_out(Entries::iterator entry);

  const std::size_t most_, most_of_one_origin_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  bool closed_ = false;
  Entries entries_;
  std::unordered_map<std::string, std::size_t> of_origin_;
  std::map<Refusal, std::uint64_t> refused_;
};

}  // namespace psabridge::net
