// What the receiver counts, by connection.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace psabridge::webhook {

/// Why a delivery was not taken.
enum class Reason : std::uint8_t {
  method,           ///< 405: no POST
  unknown,          ///< 404: no connection of that name takes webhooks
  no_proof,         ///< 401
  wrong_proof,      ///< 401
  stale_timestamp,  ///< 401: genuine, but too old, or of a clock that is ahead
  no_secret,        ///< 503: the secret cannot be read
  busy,             ///< 503: too many deliveries wait for the disk, or it has no room
  not_stored        ///< 503: writing failed
};
inline constexpr std::size_t kReasons = 8;
std::string_view name_of(Reason reason) noexcept;

/// Upper bounds, inclusive, of the times that were counted; what took longer is in one bucket more.
inline constexpr std::array<Milliseconds, 14> kAcknowledgeBounds{
    Milliseconds{5},    Milliseconds{10},   Milliseconds{25},   Milliseconds{50},   Milliseconds{75},
    Milliseconds{100},  Milliseconds{250},  Milliseconds{500},  Milliseconds{750},  Milliseconds{1000},
    Milliseconds{2500}, Milliseconds{5000}, Milliseconds{7500}, Milliseconds{10000}};

/// From the moment that a delivery was whole to the answer that it is on disk.
struct AcknowledgeTimes {
  std::array<std::uint64_t, kAcknowledgeBounds.size() + 1> counts{};  ///< not cumulated
  Milliseconds sum{0};
};

/// Of one connection since the start. Once all are answered: received = accepted + duplicates + refused.
struct ConnectionFigures {
  std::uint64_t received = 0;               ///< requests at its path
  std::uint64_t accepted = 0;               ///< stored, those of a reused key too
  std::uint64_t duplicates = 0;             ///< had been stored before
  std::uint64_t key_reuse = 0;              ///< accepted ones whose key an earlier one with other bytes had
  std::uint64_t bytes = 0;                  ///< of the bodies of both
  std::map<Reason, std::uint64_t> refused;  ///< only reasons that there were
  AcknowledgeTimes acknowledged;            ///< of accepted ones and duplicates
};

/// By connection; "" is for everything that is not for a known one.
using Figures = std::map<std::string, ConnectionFigures, std::less<>>;

/// Counts for one connection. Thread-safe and cheap: nobody waits for anybody.
class Counters {
 public:
  void receive() noexcept { add(received_); }
  void refuse(Reason reason) noexcept { add(refused_[static_cast<std::size_t>(reason)]); }
  void accept(std::size_t bytes, Milliseconds took) noexcept;
  void repeat(std::size_t bytes, Milliseconds took) noexcept;
  void reuse_key() noexcept { add(key_reuse_); }

  ConnectionFigures figures() const;

 private:
  using Counter = std::atomic<std::uint64_t>;

  static void add(Counter& counter, std::uint64_t amount = 1) noexcept {
    counter.fetch_add(amount, std::memory_order_relaxed);
  }
  void acknowledge(std::size_t bytes, Milliseconds took) noexcept;

  Counter received_{0}, accepted_{0}, duplicates_{0}, key_reuse_{0}, bytes_{0}, milliseconds_{0};
  std::array<Counter, kReasons> refused_{};
  std::array<Counter, kAcknowledgeBounds.size() + 1> times_{};
};

}  // namespace psabridge::webhook
