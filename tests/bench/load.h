// Callers of the receiver of webhooks: some that deliver over kept connections, and some that take their
// time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace psabridge::bench {

struct Load {
  std::uint16_t port = 0;  ///< of 127.0.0.1
  std::size_t connections = 1;
  /// Requests are due on a fixed schedule, and wait when no connection is free. 0: all are due at once, so
  /// that each goes out as soon as a connection is free.
  std::int64_t per_second = 0;
};

struct LoadFigures {
  std::int64_t accepted = 0;                ///< answered 202
  std::int64_t lost = 0;                    ///< answered otherwise, or not at all
  std::chrono::duration<double> elapsed{};  ///< from the first request to the last answer
  std::vector<double>
      latencies;  ///< of accepted ones in ms, from when they were due to the answer; ascending
};

/// Sends whole HTTP requests, each once, from this thread. Throws std::runtime_error when there is nobody to
/// connect to, or no answer to anything for half a minute.
LoadFigures send_all(const Load& load, const std::vector<std::string>& requests);

/// Many connections that send one byte of a head a second, while this object lives. One that was closed is
/// opened again when its next byte is due. They come from several addresses of this machine.
class SlowCallers {
 public:
  SlowCallers(std::uint16_t port, std::size_t count);
  ~SlowCallers();
  SlowCallers(const SlowCallers&) = delete;
  SlowCallers& operator=(const SlowCallers&) = delete;

  /// Connections that were opened so far.
  std::int64_t opened() const { return opened_; }

 private:
  void run(std::uint16_t port, std::size_t count);

  std::atomic<std::int64_t> opened_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace psabridge::bench
